"""The lines of a list that `pack` could not pack, as OUT.failures.jsonl names them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from gpu_im2rec.errors import RecordError
from gpu_im2rec.inspection.findings import Findings, Kind
from gpu_im2rec.lists import Entry
from gpu_im2rec.packing.lines import Line
from gpu_im2rec.recordio import beside


class FailedLines:
    """Notes the lines of a list that failed when ``rec`` was packed, and lets the others pass; both are streams."""

    def __init__(self, rec: Path, findings: Findings) -> None:
        self._path = beside(rec, ".failures.jsonl")
        self._findings = findings
        self._failed = self._read() if self._path.is_file() else iter(())
        self._next = next(self._failed, None)

    def others(self, lines: Iterator[Line]) -> Iterator[Line]:
        """``lines`` without those that failed. Raises RecordError for a file of failures that is none."""
        for line in lines:
            while self._next and self._next[0] < line.line:
                self._next = next(self._failed, None)
            index = line.index if isinstance(line, Entry) else None
            if self._next and self._next[:2] == (line.line, index):
                self._findings.add(Kind.FAILED, self._next[2], id=index, line=line.line)
            else:
                yield line

    def _read(self) -> Iterator[tuple[int, int | None, str]]:
        """Line, index if the line could be read, and why it failed."""
        with self._path.open("rb") as file:
            for number, text in enumerate(file, 1):
                try:
                    row = json.loads(text)
                    yield int(row["line"]), row["index"], f"{row['reason']}: {row['message']}"
                except (ValueError, KeyError, TypeError):
                    raise RecordError(f"{self._path}:{number}: no line that `gpu-im2rec pack` wrote") from None
