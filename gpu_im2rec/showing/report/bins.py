"""Values sorted into bins of round widths."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MOST = 40  # bins


@dataclass(frozen=True, slots=True)
class Bin:
    """``count`` values from ``low`` up to, and not including, ``high``."""

    low: float
    high: float
    count: int


def linear(values: NDArray[Any], counts: NDArray[np.int64] | None = None) -> list[Bin]:
    """Finite ``values``, each ``counts`` times, in at most 40 bins of width 1, 2 or 5 times a power of ten.

    Whole numbers get no narrower bins than 1. Empty bins between others are there, too; no value, no bin.
    """
    if not len(values):
        return []
    low, high = float(values.min()), float(values.max())
    whole = bool((values == np.floor(values)).all())
    width = _round_up((high - low) / (_MOST - 1), least=1.0 if whole else 0.0)
    first = math.floor(low / width)
    places = np.clip(np.floor(values / width) - first, 0, _MOST).astype(np.int64)
    totals = np.bincount(places, counts).astype(np.int64).tolist()
    return [Bin((first + n) * width, (first + n + 1) * width, total) for n, total in enumerate(totals)]


def by_halves_of_octaves(values: NDArray[Any]) -> list[Bin]:
    """Positive ``values``, in bins each of which ends at 1.41 times its beginning; zeros in one from 0 to 1."""
    if not len(values):
        return []
    places = np.where(values > 0, np.floor(2 * np.log2(np.maximum(values, 1))) + 1, 0).astype(np.int64)
    first = int(places.min())
    totals = np.bincount(places - first).tolist()
    edges = [0.0 if place == 0 else 2 ** ((place - 1) / 2) for place in range(first, first + len(totals) + 1)]
    return [Bin(low, high, total) for low, high, total in zip(edges, edges[1:], totals, strict=False)]


def ticks(high: float, most: int = 4) -> list[float]:
    """Round numbers from 0 to ``high`` or a little less, ``most`` + 1 at most."""
    if not high > 0:
        return [0.0]
    step = _round_up(high / most)
    return [n * step for n in range(math.floor(high / step * (1 + 1e-9)) + 1)]


def _round_up(width: float, least: float = 0.0) -> float:
    """The next of 1, 2, 5, 10, 20 … times a power of ten that is not below ``width``."""
    if width <= 0:
        return least or 1.0
    power = 10.0 ** math.floor(math.log10(width))
    rounded = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= width * (1 - 1e-9))
    return max(rounded, least)
