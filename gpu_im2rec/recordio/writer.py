"""Writing a record file and its index."""

from contextlib import ExitStack
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Self

from gpu_im2rec.errors import RecordError, UsageError
from gpu_im2rec.recordio.framing import Buffer, frame
from gpu_im2rec.recordio.index import index_line
from gpu_im2rec.recordio.naming import beside
from gpu_im2rec.recordio.part_file import PartFile, sync_directory


class RecordWriter:
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
        self._overwrite = overwrite
        self._records = self._bytes = 0
        self._intact = True
        with ExitStack() as undo:
            self._rec = PartFile(self.path, overwrite=overwrite)
            undo.callback(self._rec.discard)
            self._idx = PartFile(self.index_path, overwrite=overwrite)
            undo.pop_all()

    @property
    def records(self) -> int:
        """Records appended so far."""
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
        self._check_intact()
        if not 0 <= key < 1 << 64:
            raise RecordError(f"{self.path}: key {key} is outside 0 … 2^64-1")
        try:
            framed = frame(header, payload)
        except RecordError as error:
            raise RecordError(f"{self.path}: key {key}: {error}") from None
        offset = self._bytes
        self._intact = False
        self._rec.write(framed)
        self._idx.write([index_line(key, offset)])
        self._bytes += sum(map(len, framed))
        self._records += 1
        self._intact = True
        return offset

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with ExitStack() as cleanup:
            cleanup.callback(self._idx.discard)
            cleanup.callback(self._rec.discard)
            if error is None:
                self._publish()

    def _publish(self) -> None:
        self._check_intact()
        self._rec.finish()
        self._idx.finish()
        if self._overwrite:  # a new record file must not stand beside an old index, whenever the power fails
            self._idx.path.unlink(missing_ok=True)
            sync_directory(self._idx.path.parent)
        self._rec.publish()
        self._idx.publish()

    def _check_intact(self) -> None:
        if not self._intact:
            raise RecordError(f"{self.path}: an earlier record was written in part only; start again")
