"""Every failure is counted, named in a file beside the output, and held against the error policy."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Self

from gpu_im2rec.errors import TooManyFailuresError
from gpu_im2rec.lists import Entry, MalformedLine
from gpu_im2rec.lists.parsing import excerpt
from gpu_im2rec.packing.lines import Line
from gpu_im2rec.packing.options import FailureLimit
from gpu_im2rec.recordio.part_file import PartFile
from gpu_im2rec.transcode import Failure, Reason

_LONGEST_PATH = 500  # characters that a message shows of one; the file has all


class FailureLog:
    """Writes ``OUT.failures.jsonl``: one JSON object a line with index, path, line, reason and message.

    Of a line that cannot be read, index and path are null, and ``text`` is its beginning.

    A context manager: the file bears its name once the ``with`` ends well, and is gone when it does not. Raises
    TooManyFailuresError when ``limit`` is passed.
    """

    def __init__(self, path: Path, list_path: Path, limit: FailureLimit, lines: int) -> None:
        self.path = path
        self.reasons: Counter[Reason] = Counter()
        self.first = ""  # the first failure, in words
        self._list_path = list_path
        self._limit = limit
        self._lines = lines
        self._file: PartFile | None = None  # made for the first failure

    @property
    def count(self) -> int:
        """Failures so far."""
        return self.reasons.total()

    def add(self, line: Line, failure: Failure) -> None:
        """Count and write down one line of the list that was not packed."""
        entry = line if isinstance(line, Entry) else line.entry
        self.reasons[failure.reason] += 1
        name = line.text if isinstance(line, MalformedLine) else excerpt(line.path, _LONGEST_PATH)
        words = f"line {line.line}, {name}: {failure.reason}: {failure.message}"
        self.first = self.first or words
        if not self._limit.allows(self.count, self._lines):
            raise TooManyFailuresError(
                f"{self._list_path}, {words}. {self.count} failed, {self._limit} may; nothing was written."
            )
        if self._file is None:
            self._file = PartFile(self.path, overwrite=True)
        row: dict[str, object] = {"index": None, "path": None, "line": line.line}
        if entry:
            row |= {"index": entry.index, "path": entry.path}
        elif isinstance(line, MalformedLine):
            row["text"] = line.text
        row |= {"reason": failure.reason, "message": failure.message}
        self._file.write([json.dumps(row).encode("ascii") + b"\n"])

    def finish(self) -> None:
        """Bring everything to the disk, before what it speaks of is published. OSError where that cannot be."""
        if self._file:
            self._file.finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file is None:
            if kind is None:
                self.path.unlink(missing_ok=True)  # an earlier run's
            return
        try:
            if kind is None:
                self._file.finish()
                self._file.publish()
        finally:
            self._file.discard()
