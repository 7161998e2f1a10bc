"""The records of one or several files, read a batch at a time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.errors import RecordError
from gpu_im2rec.loading.labels import Labels, LabelSource, as_batch
from gpu_im2rec.loading.order import Numbers
from gpu_im2rec.loading.places import Offsets, sizes_of
from gpu_im2rec.loading.shards import ShardFiles
from gpu_im2rec.recordio.image_record import ImageRecord, read_image_record

_FIRST_BYTES = 4 << 20  # that are read of a record: an index that lists few of them makes them seem long


class RawBatch(NamedTuple):
    """The records of one batch, undecoded."""

    offsets: Offsets  # (n,) where the records begin, bytes over all files
    pad: int  # so many at the end are there to fill the batch
    contents: list[bytes]  # the image files
    ids: NDArray[np.uint64]  # (n,) column 0 of the list
    labels: Labels  # (n,) or (n, width) float32


class Records:
    """Reads the records at the ascending ``offsets``, with ``width`` labels each from ``labels``."""

    def __init__(self, files: ShardFiles, offsets: Offsets, labels: LabelSource, width: int) -> None:
        self._files = files
        self._offsets, self._sizes = offsets, sizes_of(offsets, files.shards)
        self._labels, self._width = labels, width

    def named(self, offset: int) -> str:
        """File and offset in it of the record at ``offset``, for messages."""
        return self._files.shards.named(offset)

    def bytes_of(self, numbers: Numbers) -> int:
        """What the records take in the file."""
        return int(self._sizes[numbers].sum())

    def read(self, numbers: Numbers, pad: int) -> RawBatch:
        """The records ``numbers``. Raises RecordError, naming the file and the offset."""
        offsets = self._offsets[numbers]
        places = list(zip(offsets.tolist(), self._sizes[numbers].tolist(), strict=True))
        for offset, size in places:  # a disk is quicker when it knows of many
            self._files.expect(offset, min(size, _FIRST_BYTES))
        contents, ids, labels = [], [], []
        for offset, size in places:
            record = self._record(offset, size)
            try:
                labels.append(self._labels.of(record))
            except RecordError as error:
                raise RecordError(f"{self.named(offset)}: {error}") from None
            contents.append(bytes(record.content))
            ids.append(record.id)
        return RawBatch(offsets, pad, contents, np.array(ids, np.uint64), as_batch(labels, self._width))

    def _record(self, offset: int, size: int) -> ImageRecord:
        try:
            return read_image_record(memoryview(self._files.read(offset, min(size, _FIRST_BYTES))), 0)
        except RecordError:  # it is longer than the index made believe, or than was read; or damaged
            return self._files.record_at(offset)
        except OSError as error:
            raise RecordError(f"{self.named(offset)}: {error.strerror or error}") from error
