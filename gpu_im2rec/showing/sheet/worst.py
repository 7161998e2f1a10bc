"""Which pictures of a file look worst: those that show least, or otherwise than the others, by four plain measures.

Each picture, made small, has a contrast (the standard deviation of its colours), a roughness (how much neighbouring
pixels differ, as a share of the contrast) and a shorter edge. Each is held against the median of the file:

* little contrast: black, white, foggy; none at all is one colour
* little roughness: blurred
* much roughness: noise
* a short edge: tiny pictures, and strips

The smallest of these shares is the picture's own, and the pictures with the smallest come first, after those without a
picture. No measure knows what a picture shows: one on its side or with a wrong label is not found.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec import devices
from gpu_im2rec.inspection import Step
from gpu_im2rec.loading.order import Numbers
from gpu_im2rec.showing.catalog import Catalog
from gpu_im2rec.showing.tile import Decode, decoded, record_of

_EDGE = 256  # pixels; at 128, pictures that are blurred a little would look sharp
_AT_ONCE = 32  # records
_ONE_COLOUR = 0.5  # levels; less contrast is none
_WORDS = ("{:.0%} of the usual contrast", "{:.0%} of the usual detail", "{:.1f} x the usual detail",
          "{:.0%} of the usual size")  # fmt: skip

Measures = tuple[float, float, float]  # contrast in levels of 255; roughness, a share of it; shorter edge in pixels


@dataclass(frozen=True, slots=True)
class Worst:
    """The worst records of a file."""

    numbers: list[int]  # the worst first
    reasons: dict[int, str]  # of those with a picture
    undecodable: int  # in the whole file


def worst(catalog: Catalog, number: int, progress: Callable[[Step], None]) -> Worst:
    """The ``number`` worst of all records; every picture is decoded. 12 bytes a record, and a few megabytes a core."""
    measures = np.full((len(catalog), 3), np.nan, np.float32)
    bad: list[int] = []
    undecodable = 0
    with closing(_measured(catalog)) as chunks:
        for start, chunk in chunks:
            for place, measure in enumerate(chunk, start):
                if measure is not None:
                    measures[place] = measure
                    continue
                undecodable += 1
                bad += [place] if len(bad) < number else []
            progress(Step(start + len(chunk), len(catalog), "records"))
    found, reasons = ranked(measures, number - len(bad))
    return Worst(bad + found, reasons, undecodable)


def ranked(measures: NDArray[np.float32], number: int) -> tuple[list[int], dict[int, str]]:
    """The ``number`` worst rows of (n, 3) ``measures``, and why; rows of nan are left out."""
    rows: Numbers = np.flatnonzero(~np.isnan(measures[:, 0]))
    if not len(rows) or number <= 0:
        return [], {}
    contrast, roughness, edge = measures[rows].T.astype(np.float64)  # in which no quotient of theirs overflows
    flat = contrast == 0
    usual = [_usual(column) for column in (contrast, roughness[~flat], edge)]
    smooth = np.where(flat, 1, roughness / usual[1])
    rough = np.where(flat, 1, usual[1] / np.where(flat, 1, roughness))
    shares = np.stack([contrast / usual[0], smooth, rough, edge / usual[2]], axis=1)
    picked = np.argsort(shares.min(axis=1), kind="stable")[:number].tolist()
    return rows[picked].tolist(), {int(rows[row]): _reason(shares[row], bool(flat[row])) for row in picked}


def measure(pixels: NDArray[np.uint8], full_size: tuple[int, int]) -> Measures:
    """What is measured of a small picture (H, W, 3)."""
    values = pixels.astype(np.float32)
    flat = values.reshape(-1, 3)
    average = np.full(len(flat), 1 / len(flat), np.float32) @ flat
    contrast = _spread(values - np.broadcast_to(average, values.shape[1:]).copy())  # a row at a time, not a pixel
    if contrast < _ONE_COLOUR:
        return 0.0, 0.0, min(full_size)
    across, down = values[:, 1:] - values[:, :-1], values[1:] - values[:-1]
    return contrast, _spread(across, down) / contrast, min(full_size)


def _spread(*differences: NDArray[np.float32]) -> float:
    """The square root of the mean square."""
    square = sum(float(np.vdot(each, each)) for each in differences)
    return float(np.sqrt(square / max(1, sum(each.size for each in differences))))


def _usual(column: NDArray[np.float32]) -> float:
    """The median; 1 where there is none above 0."""
    return float(np.median(column)) or 1.0 if len(column) else 1.0


def _reason(shares: NDArray[np.float32], flat: bool) -> str:
    if flat:
        return "nothing but one colour"
    which = int(shares.argmin())
    share = float(shares[which])
    return _WORDS[which].format(1 / share if which == 2 else share)


def _measured(catalog: Catalog) -> Generator[tuple[int, list[Measures | None]], None, None]:
    """The measures of all records, some at a time, with the number of the first; None for one without a picture."""
    decode = devices.small_picture_decoder()
    threads = devices.default_workers()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="decode")
    underway: deque[tuple[int, Future[list[Measures | None]]]] = deque()
    try:
        for start in range(0, len(catalog), _AT_ONCE):
            numbers = range(start, min(start + _AT_ONCE, len(catalog)))
            underway.append((start, pool.submit(_of_some, catalog, numbers, decode)))
            if len(underway) > 2 * threads:
                first, future = underway.popleft()
                yield first, future.result()
        while underway:
            first, future = underway.popleft()
            yield first, future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _of_some(catalog: Catalog, numbers: range, decode: Decode) -> list[Measures | None]:
    return [_of_one(catalog, number, decode) for number in numbers]


def _of_one(catalog: Catalog, number: int, decode: Decode) -> Measures | None:
    record = record_of(catalog, number)
    small = record if isinstance(record, str) else decoded(record.content, _EDGE, decode)
    return None if isinstance(small, str) else measure(small.pixels, small.full_size)
