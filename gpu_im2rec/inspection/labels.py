"""Labels as digests: ten million records' labels, however many each has, compare in 8 bytes a record."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # any large odd number: it mixes all bits


def digests(labels: NDArray[np.float32], counts: NDArray[np.int64]) -> NDArray[np.uint64]:
    """One digest a record of ``counts`` ≥ 1 of ``labels`` each → (n,). Equal labels alone have equal digests, surely.

    As labels compare: 0 is -0; and any nan is any nan.
    """
    plain = np.where(np.isnan(labels), np.float32(np.nan), labels + np.float32(0))
    values = plain.view(np.uint32).astype(np.uint64) + np.uint64(1)
    if len(labels) == len(counts):
        return values * _FACTOR
    starts = np.cumsum(counts) - counts
    places = np.arange(len(labels)) - np.repeat(starts, counts)
    factors = np.cumprod(np.full(int(counts.max(initial=1)), _FACTOR))
    return np.add.reduceat(values * factors[places], starts)
