"""`RecordDataset`: the records of one or several files by number, for PyTorch's DataLoader and for anybody."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import parent_process
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec import devices
from gpu_im2rec.errors import RecordError
from gpu_im2rec.loading.opening import open_records
from gpu_im2rec.loading.shards import Paths
from gpu_im2rec.recordio.image_record import ImageRecord, read_image_record
from gpu_im2rec.recordio.mapping import mapped
from gpu_im2rec.transcode import Failure

Item = tuple[Any, float | NDArray[np.float32]]


class RecordDataset:
    """Pictures and labels of the records in ``path``: a file, a list of files, or a pattern such as ``train-*.rec``.

    ``dataset[i]`` is the i-th line of the index, as (picture, label): the picture (H, W, 3) uint8, RGB and upright; the
    label a float, or (n,) float32 where labels are packed. ``transform`` is called with each picture, in the order
    asked for; ``decode=False`` gives the image file's bytes in its place. Of a file in insightface's layout only the
    faces count. Without an index the file is walked through once, to find its records.

    PyTorch's DataLoader takes it as it is; forked and spawned workers share the file's memory. Nothing of it is read
    before it is asked for.

    A file must not be made shorter while it is read: the system then ends the process (SIGBUS), as for any mapped file.

    Raises RecordError, naming the file, for files that cannot be read; for a record or a picture, when it is asked for.
    """

    def __init__(self, path: Paths, transform: Callable[[Any], Any] | None = None, *, decode: bool = True) -> None:
        self._shards, self._offsets = open_records(path)
        self._transform = transform
        self._decode = devices.picture_decoder() if decode else None
        self._open()

    def __len__(self) -> int:
        return len(self._offsets)

    def __getitem__(self, position: SupportsIndex) -> Item:
        offset = self._offsets.item(position)
        record = self._record(offset)
        return self._item(offset, record, self._content(record))

    def read_many(self, positions: Iterable[SupportsIndex]) -> list[Item]:
        """The items at ``positions``, in this order, decoded on all cores; in a worker process, on its own."""
        offsets = [self._offsets.item(position) for position in positions]
        records = list(map(self._record, offsets))
        if self._decode and parent_process() is None:
            contents: Iterable[Any] = self._threads().map(self._content, records)
        else:
            contents = map(self._content, records)
        return list(map(self._item, offsets, records, contents))

    __getitems__ = read_many  # by this name the DataLoader asks for a batch

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("_maps", "_pool")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._open()

    def _open(self) -> None:
        """What no other process can use."""
        self._maps = [mapped(path) for path in self._shards.paths]
        self._pool: tuple[int, ThreadPoolExecutor] | None = None

    def _threads(self) -> ThreadPoolExecutor:
        """Those of this process: a forked one has none of its parent's."""
        if self._pool is None or self._pool[0] != os.getpid():
            self._pool = os.getpid(), ThreadPoolExecutor(devices.default_workers(), thread_name_prefix="decode")
        return self._pool[1]

    def _record(self, offset: int) -> ImageRecord:
        number, there = self._shards.place(offset)
        try:
            return read_image_record(self._maps[number], there)
        except RecordError as error:
            raise self._shards.damaged(number, error) from None

    def _content(self, record: ImageRecord) -> Any:
        return self._decode(bytes(record.content)) if self._decode else bytes(record.content)

    def _item(self, offset: int, record: ImageRecord, content: Any) -> Item:
        if isinstance(content, Failure):
            raise RecordError(
                f"{self._shards.named(offset)}: {content.reason}: {content.message}; "
                "`gpu-im2rec verify REC --decode` finds all such records"
            )
        label = record.label if isinstance(record.label, float) else record.label.copy()
        return self._transform(content) if self._transform else content, label
