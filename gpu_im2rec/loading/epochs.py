"""Records on their way into batches: order → read-ahead → augmentation → loader, one epoch at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.errors import RecordError
from gpu_im2rec.loading.augmentation import Augmentation
from gpu_im2rec.loading.labels import Labels
from gpu_im2rec.loading.order import Numbers, Order, batch_of
from gpu_im2rec.loading.places import Offsets
from gpu_im2rec.loading.read_ahead import read_ahead
from gpu_im2rec.loading.records import RawBatch, Records
from gpu_im2rec.transcode import Failure
from gpu_im2rec.transcode.loading import Loader, Sample


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Pictures and their labels. The arrays are the user's to keep."""

    data: Any  # (n, C, H, W) or (n, H, W, C); NumPy's, or CuPy's on a GPU: both give DLPack
    label: Labels  # (n,) float32, or (n, label_width)
    pad: int  # so many rows at the end are there to fill the batch, and not for the first time in this epoch
    index: NDArray[np.uint64]  # (n,) the records' ids


class Epochs:
    """The batches of ``size`` of any epoch. If ``whole``, the last one is filled up, and all parts have as many."""

    def __init__(
        self, records: Records, order: Order, loader: Loader, augmentation: Augmentation, size: int, *, whole: bool
    ) -> None:
        self._records, self._order, self._loader, self._augmentation = records, order, loader, augmentation
        self._size = size
        self._whole = whole
        self.length = order.longest if whole else len(order)  # records of an epoch, without what fills the last batch

    def batches(self, epoch: int, start: int) -> Generator[Batch, None, None]:
        """The batches of ``epoch`` from its record ``start`` on.

        Raises RecordError in the place of a batch with a record or a picture that cannot be read, and ends.
        """
        underway: deque[RawBatch] = deque()
        unreadable: list[RecordError] = []
        samples = self._samples(epoch, start, underway, unreadable)
        with closing(samples), closing(self._loader.load(samples)) as loaded:
            for data, failures in loaded:
                raw = underway.popleft()
                if failures:
                    raise self._undecodable(raw.offsets, failures)
                yield Batch(data, raw.labels, raw.pad, raw.ids)
        for error in unreadable:
            raise error

    def _samples(
        self, epoch: int, start: int, underway: deque[RawBatch], unreadable: list[RecordError]
    ) -> Generator[list[Sample], None, None]:
        with closing(read_ahead(self._plans(epoch, start), self._records)) as batches:
            try:
                for raw in batches:
                    underway.append(raw)
                    yield self._augmentation.samples(epoch, raw.offsets, raw.contents)
            except RecordError as error:  # its turn comes after the batches that the loader still has
                unreadable.append(error)

    def _plans(self, epoch: int, start: int) -> Iterable[tuple[Numbers, int]]:
        numbers = self._order.numbers(epoch)
        for place in range(start, self.length, self._size):
            yield batch_of(numbers, place, self._size) if self._whole else (numbers[place : place + self._size], 0)

    def _undecodable(self, offsets: Offsets, failures: dict[int, Failure]) -> RecordError:
        row, failure = min(failures.items())
        others = f", and {len(failures) - 1} more in this batch" if len(failures) > 1 else ""
        return RecordError(
            f"{self._records.named(int(offsets[row]))}: {failure.reason}: {failure.message}{others}; "
            "`gpu-im2rec verify REC --decode` finds them all"
        )
