"""The lines of a list that `pack` could not pack, as OUT.failures.jsonl names them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gpu_im2rec.errors import RecordError
from gpu_im2rec.inspection.findings import Findings, Kind
from gpu_im2rec.lists import Entry
from gpu_im2rec.packing.lines import Line
from gpu_im2rec.recordio import beside


@dataclass(frozen=True, slots=True)
class FailedLine:
    """A line that failed when it was packed. Its picture may have been mended and appended since."""

    line: Line
    index: int | None  # of its entry, where it could be read
    message: str  # why it failed

    def tell(self, findings: Findings) -> None:
        """Note it."""
        findings.add(Kind.FAILED, self.message, id=self.index, line=self.line.line)


class FailedLines:
    """Marks the lines of a list that failed when ``rec`` was packed; lines and failures are streams."""

    def __init__(self, rec: Path) -> None:
        self._path = beside(rec, ".failures.jsonl")
        self._failed = self._read() if self._path.is_file() else iter(())
        self._next = next(self._failed, None)

    def marked(self, lines: Iterator[Line]) -> Iterator[Line | FailedLine]:
        """``lines``, each or what it failed of. Raises RecordError for a file of failures that is none."""
        for line in lines:
            while self._next and self._next[0] < line.line:
                self._next = next(self._failed, None)
            index = line.index if isinstance(line, Entry) else None
            if not self._next or self._next[:2] != (line.line, index):
                yield line
            else:
                yield FailedLine(line, index, self._next[2])

    def _read(self) -> Iterator[tuple[int, int | None, str]]:
        """Line, index if the line could be read, and why it failed."""
        with self._path.open("rb") as file:
            for number, text in enumerate(file, 1):
                try:
                    row = json.loads(text)
                    yield int(row["line"]), row["index"], f"{row['reason']}: {row['message']}"
                except (ValueError, KeyError, TypeError):
                    raise RecordError(f"{self._path}:{number}: no line that `gpu-im2rec pack` wrote") from None
