"""Reading a record file: by position or key through its index, or forwards without one."""

import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Self, SupportsIndex, overload

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.errors import RecordError
from gpu_im2rec.recordio.framing import MAGIC_BYTES, gather, starts_record, unframe
from gpu_im2rec.recordio.header import ImageHeader, unpack_header
from gpu_im2rec.recordio.index import Index, read_index
from gpu_im2rec.recordio.mapping import mapped
from gpu_im2rec.recordio.naming import index_of
from gpu_im2rec.recordio.scan import scan


@dataclass(frozen=True, slots=True)
class Record:
    """One record. The image view (header, labels, content) raises RecordError where the payload is none of an image."""

    key: int  # from the index; without one, the record's number in the file, from 0
    offset: int  # bytes from the start of the file
    payload: memoryview  # read-only

    @property
    def header(self) -> ImageHeader:
        """The header of an image record."""
        return self._image()[0]

    @property
    def labels(self) -> NDArray[np.float32]:
        """(n,) float32, n ≥ 1: the labels of an image record."""
        return self._image()[0].labels

    @property
    def content(self) -> memoryview:
        """What follows header and labels: the image file."""
        return self._image()[1]

    def _image(self) -> tuple[ImageHeader, memoryview]:
        try:
            return unpack_header(self.payload)
        except RecordError as error:
            raise RecordError(f"offset {self.offset}: {error}") from None


class RecordReader(Sequence[Record]):
    """The records of ``path``, in the order of its index (default: beside it, ``.idx``).

    A slice is a reader of its own over the same file: ``reader[rank::world_size]`` is a shard. Payloads are views of
    the memory-mapped file, not copies; they stay valid after ``close``. Threads and forked or spawned processes may
    share a reader.

    Raises RecordError, naming the offset, for a record that cannot be read, and where there is no index.
    """

    def __init__(self, path: str | PathLike[str], index_path: str | PathLike[str] | None = None) -> None:
        path = Path(path)
        try:
            index = read_index(index_of(path) if index_path is None else index_path)
        except FileNotFoundError as error:
            raise RecordError(
                f"{error.filename} is missing; make it with `gpu-im2rec index {path}`, or read without: iter_records"
            ) from None
        self._attach(path, index, mapped(path))

    def _attach(self, path: Path, index: Index, data: memoryview) -> None:
        self.path = path
        self._index = index
        self._data = data

    @property
    def keys(self) -> NDArray[np.uint64]:
        """(n,) uint64: the keys, in index order."""
        return self._index.keys

    @property
    def offsets(self) -> NDArray[np.uint64]:
        """(n,) uint64, bytes: where the records start, in index order."""
        return self._index.offsets

    def by_key(self, key: int) -> Record:
        """The record under ``key``, the last one where there are several; KeyError where there is none."""
        return self[self._index.position(key)]

    def __len__(self) -> int:
        return len(self._index)

    @overload
    def __getitem__(self, position: SupportsIndex) -> Record: ...
    @overload
    def __getitem__(self, position: slice) -> Self: ...
    def __getitem__(self, position: SupportsIndex | slice) -> Record | Self:
        if isinstance(position, slice):
            part = type(self).__new__(type(self))
            part._attach(self.path, self._index[position], self._data[:])
            return part
        position = operator.index(position)
        key, offset = int(self.keys[position]), int(self.offsets[position])
        return Record(key, offset, self._payload(offset))

    def _payload(self, offset: int) -> memoryview:
        try:
            return unframe(self._data, offset)[0]
        except RecordError as error:
            if starts_record(self._data, offset):
                raise RecordError(f"{self.path}: {error}") from None
            raise RecordError(
                f"{self.path}: {error}; the index does not fit: rebuild the index with `gpu-im2rec index {self.path}`"
            ) from None

    def close(self) -> None:
        """Let go of the file; it stays mapped while payloads are in use."""
        self._data.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __getstate__(self) -> tuple[Path, Index]:
        return self.path, self._index

    def __setstate__(self, state: tuple[Path, Index]) -> None:
        path, index = state
        self._attach(path, index, mapped(path))


def iter_records(path: str | PathLike[str]) -> Iterator[Record]:
    """The records of ``path`` from first to last, without an index; one payload in memory at a time.

    Raises RecordError, naming file and offset, at the first byte that breaks the framing.
    """
    for number, (source, offset, spans) in enumerate(scan(Path(path))):
        yield Record(number, offset, gather(source, spans))


def begins_with_a_record(path: Path) -> bool:
    """Whether the magic of a record is at the beginning of the file ``path``, whatever follows. Raises OSError."""
    with path.open("rb") as file:
        return file.read(len(MAGIC_BYTES)) == MAGIC_BYTES
