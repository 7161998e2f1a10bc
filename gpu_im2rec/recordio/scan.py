"""Walking through a record file from its start, without an index."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from gpu_im2rec.errors import RecordError
from gpu_im2rec.recordio.framing import locate


class FileBytes:
    """A file that slices like bytes and reads only what is asked for, so memory stays flat where a map would not."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, os.SEEK_END)

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, span: slice, /) -> bytes:
        start, stop = span.start, span.stop
        if stop > self._size:
            start, stop = min(start, self._size), self._size
        self._file.seek(start)
        return self._file.read(stop - start)


def scan(path: Path) -> Iterator[tuple[FileBytes, int, Sequence[slice]]]:
    """Every record of ``path``: the file to slice, the record's offset, and where the payload of each part lies.

    Reads heads only. Raises RecordError, naming file and offset, at the first byte that breaks the framing.
    """
    with path.open("rb") as file:
        if not file.seekable():
            raise RecordError(f"{path}: a pipe cannot be walked through; save it as a file first")
        source, offset = FileBytes(file), 0
        while offset < len(source):
            try:
                spans, end = locate(source, offset)
            except RecordError as error:
                raise RecordError(f"{path}: {error}") from None
            yield source, offset, spans
            offset = end
