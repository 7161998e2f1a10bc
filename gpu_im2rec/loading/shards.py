"""Record files as if they were one: offsets go on from file to file, as in MXNet and DALI."""

from __future__ import annotations

import errno
import glob
import io
import os
import threading
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.errors import RecordError, UsageError
from gpu_im2rec.recordio.framing import locate, unframe
from gpu_im2rec.recordio.image_record import ImageRecord, read_image_record
from gpu_im2rec.recordio.manifest import read_manifest
from gpu_im2rec.recordio.naming import is_manifest

AnyPath = str | os.PathLike[str]
T = TypeVar("T")
Paths = AnyPath | Sequence[AnyPath]


def find_shards(path: Paths) -> list[Path]:
    """The files that ``path`` means: one, a list, or a pattern such as ``train-*.rec``, in the order of their names.

    A manifest, ``train.manifest.json``, stands for its shards. Raises RecordError where a file is missing, none matches
    or a manifest is none or does not fit, UsageError for an empty list.
    """
    paths = [Path(one) for one in listed(path)]
    if isinstance(path, (str, os.PathLike)) and not paths[0].exists() and glob.has_magic(os.fspath(path)):
        paths = [Path(name) for name in sorted(glob.glob(os.fspath(path), recursive=True))]  # noqa: PTH207 (absolute patterns)
        if not paths:
            raise RecordError(f"{path}: no file matches")
    paths = [file for one in paths for file in (_shards_of(one) if is_manifest(one) else [one])]
    if not paths:
        raise UsageError("no record file: the list of them is empty")
    for one in paths:
        if one.is_dir():
            raise RecordError(f"{one} is a folder; name its record files, such as {one / '*.rec'}")
        if not one.is_file():
            raise RecordError(f"{one}: no such record file; several are a list, or a pattern such as train-*.rec")
    return paths


def _shards_of(path: Path) -> list[Path]:
    try:
        shards = read_manifest(path).shards
    except OSError as error:
        raise RecordError(f"{path}: the manifest cannot be read: {error.strerror or error}") from error
    files = [path.parent / shard.rec.name for shard in shards]
    advice = f"`gpu-im2rec verify {path}` says what is wrong"
    for file, shard in zip(files, shards, strict=True):
        if not file.is_file():
            raise RecordError(f"{file} is missing, one of {len(files):,} shards in {path.name}; {advice}")
        if (size := file.stat().st_size) != shard.rec.bytes:
            raise RecordError(f"{file} has {size:,} bytes, and {shard.rec.bytes:,} by {path.name}; {advice}")
    if not files:
        raise RecordError(f"{path}: names no shard")
    return files


def listed(path: Paths) -> list[AnyPath]:
    """``path`` as a list, of one where it is one."""
    return [path] if isinstance(path, (str, os.PathLike)) else list(path)


class Shards:
    """Where the bytes of the files at ``paths`` lie."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = [path.absolute() for path in paths]  # a process with another folder may read them, too
        self.starts = list(accumulate((path.stat().st_size for path in paths), initial=0))  # and the end of the last

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return self.starts[-1]

    def place(self, offset: int) -> tuple[int, int]:
        """The number of the file in which byte ``offset`` lies, and which byte of it that is."""
        number = bisect_right(self.starts, offset, 0, len(self.paths)) - 1
        return number, offset - self.starts[number]

    def named(self, offset: int) -> str:
        """File and offset in it, for messages."""
        number, there = self.place(offset)
        return f"{self.paths[number]}: offset {there}"

    def damaged(self, number: int, error: RecordError) -> RecordError:
        """What ``error`` says of a record in file ``number``, with its name and the next step."""
        path = self.paths[number]
        return RecordError(f"{path}: {error}; `gpu-im2rec verify {path}` says what is wrong")


class ShardFiles:
    """Reads ``shards``, from any number of threads. Others may read while one waits for the disk."""

    def __init__(self, shards: Shards) -> None:
        self.shards = shards
        self._lock = threading.Lock()
        self._files: list[io.FileIO] = []
        for path in shards.paths:
            try:
                self._files.append(io.FileIO(path))
            except OSError as error:
                advice = "; raise the limit (ulimit -n), or join the files" if error.errno == errno.EMFILE else ""
                raise RecordError(f"{path}: {error.strerror}{advice}") from error

    def read(self, start: int, size: int) -> bytes:
        """``size`` bytes from ``start``, all of one file; fewer at its end. Raises OSError where the disk fails."""
        content = b""
        while len(content) < size:
            some = self._read_some(start + len(content), size - len(content))
            content = content + some if content else some
            if not some:
                break
        return content

    def beginnings(self, offsets: NDArray[np.int64], size: int) -> list[bytes]:
        """The first ``size`` bytes at each of the ascending ``offsets``; fewer at the end of a file. Raises OSError."""
        groups = np.split(offsets, np.searchsorted(offsets, self.shards.starts[1:-1]))
        numbered = zip(self._files, self.shards.starts, groups, strict=False)
        return [start for file, first, group in numbered for start in self._each(file, (group - first).tolist(), size)]

    def _each(self, file: io.FileIO, offsets: list[int], size: int) -> list[bytes]:
        if hasattr(os, "pread"):
            descriptor, pread = file.fileno(), os.pread
            return [pread(descriptor, size, offset) for offset in offsets]
        with self._lock:
            return [file.read(size) for offset in offsets if file.seek(offset) == offset]

    def record_at(self, offset: int) -> ImageRecord:
        """The record at ``offset``, however long. Raises RecordError, naming the file and the offset in it."""
        return self._at(offset, read_image_record)

    def payload_at(self, offset: int) -> memoryview:
        """Image header, labels and content of the record at ``offset``. Raises RecordError like ``record_at``."""
        return self._at(offset, lambda source, there: unframe(source, there)[0])

    def end_at(self, offset: int) -> int:
        """Where the record at ``offset`` ends, padding included. Raises RecordError like ``record_at``."""
        return self._at(offset, lambda source, there: offset - there + locate(source, there)[1])

    def _at(self, offset: int, read: Callable[[_FileBytes, int], T]) -> T:
        number, there = self.shards.place(offset)
        try:
            return read(_FileBytes(self, number), there)
        except RecordError as error:
            raise self.shards.damaged(number, error) from None
        except OSError as error:
            raise RecordError(f"{self.shards.named(offset)}: {error.strerror or error}") from error

    def expect(self, start: int, size: int) -> None:
        """Let the system fetch ``size`` bytes from ``start``, all of one file, ahead of ``read``, where it can."""
        if hasattr(os, "posix_fadvise"):
            number, offset = self.shards.place(start)
            os.posix_fadvise(self._files[number].fileno(), offset, size, os.POSIX_FADV_WILLNEED)

    def _read_some(self, start: int, size: int) -> bytes:
        number, offset = self.shards.place(start)
        file = self._files[number]
        if hasattr(os, "pread"):
            return os.pread(file.fileno(), size, offset)
        with self._lock:
            file.seek(offset)
            return file.read(size)

    def close(self) -> None:
        """Let go of the files."""
        for file in self._files:
            file.close()

    __del__ = close  # many who read have nothing to close


class _FileBytes:
    """File ``number`` of ``files``, sliced like bytes."""

    def __init__(self, files: ShardFiles, number: int) -> None:
        self._start, end = files.shards.starts[number : number + 2]
        self._files, self._size = files, end - self._start

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, span: slice, /) -> bytes:
        start, stop = min(span.start, self._size), min(span.stop, self._size)
        return self._files.read(self._start + start, stop - start)
