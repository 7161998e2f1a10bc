"""OpenCV's INTER_AREA for shrinking, restated in NumPy: the mean of what each output pixel covers.

Sums are float32, taken in OpenCV's order, so that they round as its own do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cpu_fallback.picture import Pixels

_BAND_ROWS = 32  # output rows worked on at a time: intermediates stay in the cache and memory stays flat
_NOTHING = 1e-3  # of an input pixel: less than this at an edge is left out


class _Cover(NamedTuple):
    """One axis: output i is the sum over k of ``weights[k, i] * input[positions[k, i]]``."""

    positions: NDArray[np.intp]  # (taps, outputs)
    weights: NDArray[np.float32]  # (taps, outputs)


def shrink_area(pixels: Pixels, width: int, height: int) -> Pixels:
    """(H, W, C) → (height, width, C), uint8 or uint16, neither edge larger than before."""
    source_height, source_width, channels = pixels.shape
    if source_height % height == 0 and source_width % width == 0:
        return _shrink_whole(pixels, width, height, source_width // width, source_height // height)
    across, down = _cover(source_width, width), _cover(source_height, height)
    result = np.empty((height, width, channels), pixels.dtype)
    for band in bands(height):
        total = np.zeros((band.stop - band.start, width, channels), np.float32)
        for rows, row_weights in zip(down.positions[:, band], down.weights[:, band], strict=True):
            total += _shrink_rows(pixels[rows], across) * row_weights[:, None, None]
        result[band] = np.clip(np.rint(total), 0, np.iinfo(pixels.dtype).max)
    return result


def bands(height: int) -> Iterator[slice]:
    """The output's rows, a few at a time."""
    for top in range(0, height, _BAND_ROWS):
        yield slice(top, min(top + _BAND_ROWS, height))


def scale(source: int, target: int) -> float:
    """Input pixels an output pixel."""
    return 1.0 / (target / source)  # in this order, as OpenCV rounds it


def _shrink_rows(rows: Pixels, across: _Cover) -> NDArray[np.float32]:
    total = np.zeros((len(rows), across.positions.shape[1], rows.shape[2]), np.float32)
    for columns, weights in zip(*across, strict=True):
        total += rows[:, columns] * weights[:, None]
    return total


def _shrink_whole(pixels: Pixels, width: int, height: int, across: int, down: int) -> Pixels:
    """Whole-number ratios: the plain mean of each block, (across x down) pixels."""
    wide = np.int32 if pixels.dtype == np.uint8 else np.int64
    blocks = pixels.reshape(height, down, width, across, pixels.shape[2])
    total: NDArray[np.signedinteger[Any]] = blocks.sum(axis=(1, 3), dtype=wide)
    if across == down == 2:
        mean: Pixels = ((total + 2) >> 2).astype(pixels.dtype)
    else:
        mean = np.rint(total.astype(np.float32) * np.float32(1.0 / (across * down))).astype(pixels.dtype)
    return mean


def _cover(source: int, target: int) -> _Cover:
    """How much each output pixel covers of each input pixel: a head, whole pixels, a tail."""
    step = scale(source, target)
    starts = np.arange(target) * step
    ends, covered = starts + step, np.minimum(step, source - starts)
    last = np.minimum(np.floor(ends).astype(np.intp), source - 1)
    first = np.minimum(np.ceil(starts).astype(np.intp), last)
    head, tail = first - starts, np.minimum(np.minimum(ends - last, 1.0), covered)
    positions = first - 1 + np.arange(int((last - first).max()) + 2)[:, None]
    weights = np.select(
        [positions < first, positions < last, positions == last],
        [np.where(head > _NOTHING, head, 0.0), 1.0, np.where(tail > _NOTHING, tail, 0.0)],
    )
    return _Cover(np.clip(positions, 0, source - 1), (weights / covered).astype(np.float32))
