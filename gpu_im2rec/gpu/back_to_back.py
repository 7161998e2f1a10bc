"""Where things begin that lie one behind the other in a buffer."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def starts_of(sizes: NDArray[Any]) -> tuple[NDArray[np.int64], int]:
    """Where each of ``sizes`` begins when they are back to back, and where the last ends."""
    ends = np.cumsum(sizes, dtype=np.int64)
    return ends - sizes, int(ends[-1])
