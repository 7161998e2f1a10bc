"""Writing a record file and its index."""

from contextlib import ExitStack
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Self

from gpu_im2rec.errors import RecordError, UsageError
from gpu_im2rec.recordio.checksums import checksum_line
from gpu_im2rec.recordio.framing import Buffer, frame
from gpu_im2rec.recordio.index import index_line
from gpu_im2rec.recordio.naming import beside
from gpu_im2rec.recordio.output import Output
from gpu_im2rec.recordio.part_file import PartFile
from gpu_im2rec.recordio.publishing import checksums_of_replaced, publish_all


class RecordAppender:
    """Appends records to ``rec`` and their lines to ``idx`` and, if given, ``crc``; one thread at a time."""

    def __init__(self, rec: Output, idx: Output, crc: Output | None = None, *, records: int = 0) -> None:
        """``records``: how many there are already."""
        self._rec = rec
        self._idx = idx
        self._crc = crc
        self._records = records
        self._bytes = rec.size
        self._intact = True

    @property
    def records(self) -> int:
        """Records so far."""
        return self._records

    @property
    def bytes_written(self) -> int:
        """Bytes of the record file so far: payloads, heads and padding."""
        return self._bytes

    def append(self, key: int, header: bytes, payload: Buffer) -> int:
        """Append the record ``header`` + ``payload`` under ``key``, 0 … 2^64-1 → its offset in bytes.

        ``header`` is what ``pack_header`` returns, or empty. Raises RecordError for a key outside its range and for a
        record of 2^29 bytes or more, which leave no trace. After an OSError nothing more can be appended or published.
        """
        self.check_intact()
        if not 0 <= key < 1 << 64:
            raise RecordError(f"{self._rec.path}: key {key} is outside 0 … 2^64-1")
        try:
            framed = frame(header, payload)
        except RecordError as error:
            raise RecordError(f"{self._rec.path}: key {key}: {error}") from None
        offset = self._bytes
        self._intact = False
        self._rec.write(framed)
        self._idx.write([index_line(key, offset)])
        if self._crc:
            self._crc.write([checksum_line(offset, header, payload)])
        self._bytes += sum(map(len, framed))
        self._records += 1
        self._intact = True
        return offset

    def check_intact(self) -> None:
        """Raises RecordError where a record was written in part only."""
        if not self._intact:
            raise RecordError(f"{self._rec.path}: an earlier record was written in part only; start again")


class RecordWriter(RecordAppender):
    """Writes ``path`` and its index; both appear under their names only when the ``with`` block ends without an error.

    Until then they are called ``PATH.part`` and ``INDEX.part``, and an exception inside the block removes them. The
    index is the last to appear, so a record file never stands beside the index of another. For one thread at a time.

    Raises OutputExistsError where one of the four files is there already; ``overwrite`` replaces them. OSError names
    the file that cannot be written.
    """

    def __init__(
        self, path: str | PathLike[str], *, index_path: str | PathLike[str] | None = None, overwrite: bool = False
    ) -> None:
        self.path = Path(path)
        self.index_path = beside(self.path, ".idx") if index_path is None else Path(index_path)
        if self.path == self.index_path:
            raise UsageError(f"{self.path} cannot be both the record file and its index; give one another name")
        with ExitStack() as undo:
            rec = PartFile(self.path, overwrite=overwrite)
            undo.callback(rec.discard)
            idx = PartFile(self.index_path, overwrite=overwrite)
            undo.pop_all()
        super().__init__(rec, idx)
        self._overwrite = overwrite
        self._files = [rec, idx]

    def also(self, path: Path) -> PartFile:
        """A further file, which is published behind the index."""
        file = PartFile(path, overwrite=self._overwrite)
        self._files.append(file)
        return file

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with ExitStack() as cleanup:
            for file in self._files:
                cleanup.callback(file.discard)
            if error is None:
                self.check_intact()
                publish_all(self._files, gone=checksums_of_replaced(self._files[0].path, overwrite=self._overwrite))
