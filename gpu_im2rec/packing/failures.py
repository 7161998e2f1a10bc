"""Every failure is counted, named in a file beside the output, and held against the error policy."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from gpu_im2rec.errors import ResumeError, TooManyFailuresError
from gpu_im2rec.lists import Entry, MalformedLine
from gpu_im2rec.lists.parsing import excerpt
from gpu_im2rec.packing.lines import Line, PathLike
from gpu_im2rec.packing.options import FailureLimit
from gpu_im2rec.recordio.output import Output
from gpu_im2rec.recordio.part_file import PartFile
from gpu_im2rec.transcode import Failure, Reason

_LONGEST_PATH = 500  # characters that a message shows of one; the file has all


class FailureLog:
    """Writes to ``file`` one JSON object a line with index, path, line, reason and message.

    Of a line that cannot be read, index and path are null, and ``text`` is its beginning. What ``file`` holds already
    from byte ``start`` on counts as if it were added here. Raises TooManyFailuresError when ``limit`` is passed.
    """

    def __init__(self, file: Output, list_path: PathLike, limit: FailureLimit, lines: int, start: int = 0) -> None:
        self.reasons: Counter[Reason] = Counter()
        self.first = ""  # the first failure, in words
        self._file = file
        self._list_path = list_path
        self._limit = limit
        self._lines = lines
        self._recount(start)

    @property
    def count(self) -> int:
        """Failures so far."""
        return self.reasons.total()

    def add(self, line: Line, failure: Failure) -> None:
        """Count and write down one line of the list that was not packed."""
        entry = line if isinstance(line, Entry) else line.entry
        row: dict[str, object] = {"index": None, "path": None, "line": line.line}
        if entry:
            row |= {"index": entry.index, "path": entry.path}
        elif isinstance(line, MalformedLine):
            row["text"] = line.text
        row |= {"reason": failure.reason, "message": failure.message}
        self._count(row)
        self._check_limit(row)
        self._file.write([json.dumps(row).encode("ascii") + b"\n"])

    def _recount(self, start: int) -> None:
        if isinstance(self._file, PartFile) and self._file.size > start:
            with self._file.part.open("rb") as rows:
                rows.seek(start)
                for line in rows:
                    self._check_limit(self._count(_row(line, self._file.part)))

    def _count(self, row: dict[str, object]) -> dict[str, object]:
        self.reasons[Reason(str(row["reason"]))] += 1
        self.first = self.first or _in_words(row)
        return row

    def _check_limit(self, last: dict[str, object]) -> None:
        if not self._limit.allows(self.count, self._lines):
            raise TooManyFailuresError(f"{self._list_path}, {_in_words(last)}. {self.count} failed, {self._limit} may")


def _row(line: bytes, path: Path) -> dict[str, object]:
    try:
        row: dict[str, object] = json.loads(line)
        _in_words(row)
        Reason(str(row["reason"]))
    except (ValueError, KeyError, TypeError):
        raise ResumeError(f"{path} is not as the unfinished run left it; start anew with --overwrite") from None
    return row


def _in_words(row: dict[str, object]) -> str:
    name = row["text"] if row.get("text") else excerpt(str(row["path"]), _LONGEST_PATH)
    return f"line {row['line']}, {name}: {row['reason']}: {row['message']}"
