"""Where a record file is cut, and its lines of checksums there.

Borders are the numbers of the records, of n, with which shards begin, and n.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.errors import UsageError
from gpu_im2rec.recordio.checksums import Lines, iter_checksums

Numbers = NDArray[np.int64]


def by_count(records: int, count: int) -> list[int]:
    """``count`` shards of as many records, give or take one. Raises UsageError for more shards than records."""
    if count > records:
        raise UsageError(f"{count:,} shards of {records:,} records: no shard may be empty; use fewer")
    return [records * border // count for border in range(count + 1)]


def by_size(ends: Numbers, most: int) -> list[int]:
    """As few shards as can be of at most ``most`` bytes, about equally large; a larger record is a shard alone.

    ``ends``: (n,) n ≥ 1, where each record ends, in bytes.
    """
    count = len(_filled(ends, most))
    low, high = min(-(-int(ends[-1]) // count), most), most
    while low < high:
        middle = (low + high) // 2
        if len(_filled(ends, middle)) > count:
            low = middle + 1
        else:
            high = middle
    return _filled(ends, high)


def _filled(ends: Numbers, most: int) -> list[int]:
    """Each shard is filled up to ``most`` bytes before the next begins."""
    borders, start = [0], 0
    while borders[-1] < len(ends):
        fitting = int(np.searchsorted(ends, start + most, side="right"))
        borders.append(max(fitting, borders[-1] + 1))
        start = int(ends[borders[-1] - 1])
    return borders


class ChecksumLines:
    """The lines of the file at ``path``, taken shard by shard; none where there is no file."""

    def __init__(self, path: Path | None) -> None:
        self._blocks = iter_checksums(path) if path else iter(())
        self._rest = next(self._blocks, None)

    def up_to(self, stop: int, start: int) -> Iterator[bytes]:
        """Those of the records before byte ``stop``, some at a time, as of a file that begins at byte ``start``."""
        while self._rest:
            offsets, sums = self._rest
            count = int(np.searchsorted(offsets, np.uint64(stop)))
            yield Lines(offsets[:count] - np.uint64(start), sums[:count]).text()
            if count < len(offsets):
                self._rest = Lines(offsets[count:], sums[count:])
                return
            self._rest = next(self._blocks, None)
