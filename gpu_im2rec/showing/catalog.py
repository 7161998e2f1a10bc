"""The records of one or several files as a table: where each lies and, read when they are needed, ids and labels."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.loading.opening import open_records
from gpu_im2rec.loading.places import Offsets, sizes_of
from gpu_im2rec.loading.shards import Paths, ShardFiles, Shards
from gpu_im2rec.recordio.glance import GLANCE_BYTES, Glance, glance
from gpu_im2rec.recordio.image_record import ImageRecord


class Catalog:
    """The n records of ``rec``, numbered 0 … n-1 in the order of the files. For any number of threads.

    By its index, or without one by a walk through all heads; insightface's records without a picture are left out. 16
    bytes of memory a record. Raises RecordError and UsageError, as ``open_records`` does.
    """

    def __init__(self, rec: Paths) -> None:
        shards, offsets = open_records(rec)
        offsets = np.sort(offsets)
        self.offsets: Offsets = offsets[np.diff(offsets, prepend=-1) > 0]  # (n,) bytes, over all files
        self._files = ShardFiles(shards)

    def __len__(self) -> int:
        return len(self.offsets)

    @property
    def shards(self) -> Shards:
        """The files, and where each begins."""
        return self._files.shards

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
        """Ids and labels of the records ``start`` … ``stop`` - 1, by one short read each: for some thousands at a time.

        Raises OSError where the disk fails.
        """
        return glance(self._files.beginnings(self.offsets[start:stop], GLANCE_BYTES))

    def close(self) -> None:
        """Let go of the files."""
        self._files.close()
