"""The records of one or several files as a table: where each lies and, read when they are needed, ids and labels."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.errors import RecordError
from gpu_im2rec.loading.opening import open_records
from gpu_im2rec.loading.places import Offsets, is_identity, sizes_of
from gpu_im2rec.loading.shards import Paths, ShardFiles, Shards
from gpu_im2rec.recordio import index_of
from gpu_im2rec.recordio.glance import GLANCE_BYTES, Glance, glance, glance_inside
from gpu_im2rec.recordio.image_record import ImageRecord

_SMALL_RECORD = 4 << 10  # bytes: reading so many more costs less than another call


class Catalog:
    """The n records of ``rec``, numbered 0 … n-1 in the order of the files. For any number of threads.

    By its index, or without one by a walk through all heads; insightface's records without a picture are left out. 16
    bytes of memory a record. Raises RecordError and UsageError, as ``open_records`` does.
    """

    def __init__(self, rec: Paths) -> None:
        shards, offsets = open_records(rec)
        if not (offsets[1:] > offsets[:-1]).all():
            offsets = np.unique(offsets)
        self.offsets: Offsets = offsets  # (n,) bytes, over all files
        self._files = ShardFiles(shards)

    def __len__(self) -> int:
        return len(self.offsets)

    @property
    def shards(self) -> Shards:
        """The files, and where each begins."""
        return self._files.shards

    @property
    def files(self) -> list[Path]:
        """The record files, and where their indices are if they have any."""
        paths = self.shards.paths
        return [*paths, *map(index_of, paths)]

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """(n,) bytes that each record takes in its file: the next one's offset less its own."""
        return sizes_of(self.offsets, self.shards)

    def place(self, number: int) -> tuple[Path, int]:
        """The file of record ``number``, and its offset there, in bytes."""
        file, offset = self.shards.place(int(self.offsets[number]))
        return self.shards.paths[file], offset

    def record(self, number: int) -> ImageRecord:
        """Record ``number``. Raises RecordError, naming file and offset, where it cannot be read."""
        return self._files.record_at(int(self.offsets[number]))

    def payload(self, number: int) -> memoryview:
        """Image header, labels and content of record ``number``. Raises RecordError like ``record``."""
        return self._files.payload_at(int(self.offsets[number]))

    def glance(self, start: int, stop: int) -> Glance:
        """Ids and labels of the records ``start`` … ``stop`` - 1: for some thousands at a time.

        Small records are read whole, all at once; of others the beginning. Raises OSError where the disk fails.
        """
        offsets = self.offsets[start:stop]
        span = int(self.sizes[start:stop].sum())
        if span <= _SMALL_RECORD * len(offsets) and not (offsets % 4).any() and self._in_one_file(offsets):
            content = self._files.read(int(offsets[0]), span)
            if len(content) == span:  # the file may have become shorter
                return glance_inside(content, offsets - offsets[0])
        return glance(self._files.beginnings(offsets, GLANCE_BYTES))

    def glance_at(self, numbers: Sequence[int]) -> Glance:
        """The same of the n records ``numbers``, in their order, by one short read each."""
        offsets = self.offsets[np.asarray(numbers, np.int64)]
        ends = np.array(self.shards.starts)[np.searchsorted(self.shards.starts, offsets, side="right")]
        rooms = np.minimum(ends - offsets, GLANCE_BYTES)  # behind it another file's bytes begin
        return glance([self._files.read(*place) for place in zip(offsets.tolist(), rooms.tolist(), strict=True)])

    def _in_one_file(self, offsets: Offsets) -> bool:
        return len(offsets) > 0 and self.shards.place(int(offsets[0]))[0] == self.shards.place(int(offsets[-1]))[0]

    @cached_property
    def has_identities(self) -> bool:
        """Whether a file is in insightface's layout: its records without a picture, behind the others, are left out.

        The ids of its faces are no list's.
        """
        behind = np.searchsorted(self.offsets, self.shards.starts[1:])
        return any(map(self._precedes_identity, (behind[behind > 0] - 1).tolist()))

    def _precedes_identity(self, number: int) -> bool:
        try:
            end = self._files.end_at(int(self.offsets[number]))
            return end < self.shards.size and is_identity(self._files.payload_at(end))
        except RecordError:
            return False

    def close(self) -> None:
        """Let go of the files."""
        self._files.close()
