"""An entry's line: the inverse of ``parse_line``, for one whose labels are as a record holds them."""

import numpy as np
from numpy.typing import NDArray


def list_line(index: int, labels: NDArray[np.float32], path: str) -> bytes:
    """The line of the picture at ``path``, which holds neither TAB nor line end; ``labels`` has the shape (n,), n ≥ 1.

    Labels are written in the shortest form that gives the same float32 once it is read: 0.1, -0, 1e+16, inf, nan; but
    whole numbers below 10^9 in all their digits. Of a NaN only the sign is kept.
    """
    return "\t".join([str(index), *map(_text, labels), f"{path}\n"]).encode()


def _text(label: np.float32) -> str:
    if np.isnan(label):
        return "-nan" if np.signbit(label) else "nan"
    if label.is_integer() and 0 < abs(label) < 1e9:
        return str(int(label))
    shortest = str(label).removesuffix(".0")
    # Readers round to float64 first, which a few decimals do not survive, such as 7.038531e-26.
    return shortest if np.float32(float(shortest)) == label else repr(float(label))
