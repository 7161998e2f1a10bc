"""Whether the index beside a record file is the one that packing writes."""

from pathlib import Path
from types import TracebackType
from typing import Self

from gpu_im2rec.recordio.index import index_line
from gpu_im2rec.recordio.naming import beside, index_of, is_manifest

_LONGEST_LINE = 64  # bytes; two numbers of 20 digits, TAB and LF take 42


class IndexLines:
    """Compares the index of ``rec``, if there is one, line by line with the records as they come.

    Of a manifest it is the one index over all shards.
    """

    def __init__(self, rec: Path) -> None:
        path = beside(rec, ".dali.idx") if is_manifest(rec) else index_of(rec)
        self._file = path.open("rb") if path.is_file() else None
        self.others = 0  # lines that are not what they were expected to be

    def pass_over(self) -> None:
        """The next record may have any line."""
        if self._file:
            self._file.readline(_LONGEST_LINE)

    def expect(self, key: int, offset: int) -> None:
        """The next record: its key, and its place in bytes."""
        if self._file:
            self.others += self._file.readline(_LONGEST_LINE) != index_line(key, offset)

    def expect_end(self) -> None:
        """No record follows; all that does in the index counts as one line."""
        if self._file:
            self.others += bool(self._file.read(1))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file:
            self._file.close()
