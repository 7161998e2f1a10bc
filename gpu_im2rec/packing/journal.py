"""What an unfinished run leaves for the one that goes on with it: ``OUT.journal``, beside the unfinished files.

A line of JSON each: first what the run was asked, then, every few seconds, how far it came. A line is written once all
that it speaks of is on the disk; one that a crash cut short is passed over. The file is locked while a run works.
"""

from __future__ import annotations

import errno
import io
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from gpu_im2rec.errors import OutputExistsError
from gpu_im2rec.packing.appending import Base
from gpu_im2rec.packing.lock import opened_and_locked

FORMAT = 1

_FIRST_BYTES = b'{"format": '


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A point that a run can go on from. Everything up to it is on the disk."""

    lines: int = 0  # of the list, done: packed, failed or malformed
    counts: dict[str, Any] = field(default_factory=dict)  # what the report will say
    sizes: dict[str, int] = field(default_factory=dict)  # bytes of each unfinished file by then, by its suffix
    base: Base | None = None  # what the run appends to
    failures_from: int = 0  # where its own failures begin in their file, in bytes
    publishing: dict[str, int] | None = None  # it was giving its files their names: bytes of each


class Journal:
    """The journal at ``path``, open and locked: made, or what an unfinished run left. For one thread at a time.

    Raises OutputExistsError where another run holds it, or where the file is something else.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.was_there = path.exists()
        self._raw = opened_and_locked(path)
        self.asked, self.last, self._end = _read(self._raw)
        if self.asked is None and (self._end or not _may_be_cut_short(self._raw)):
            self._raw.close()
            raise OutputExistsError(
                f"{path} is there and no journal of a run of this version; rename it, or give the output another name"
            )

    def start(self, asked: dict[str, Any]) -> None:
        """Begin anew, with what the run was asked."""
        self.asked, self.last, self._end = asked, None, 0
        self._append({"format": FORMAT, "asked": asked})

    def add(self, checkpoint: Checkpoint) -> None:
        """Write down a point whose files are on the disk already, and bring it there, too."""
        self._append(asdict(checkpoint))
        self.last = checkpoint

    def remove(self) -> None:
        """The run is finished, or nothing of it remains."""
        if os.name == "nt":  # an open file cannot be removed there
            self._raw.close()
        try:
            self.path.unlink(missing_ok=True)
        finally:
            self._raw.close()

    def close(self) -> None:
        """Leave it for the run that goes on."""
        self._raw.close()

    def _append(self, row: dict[str, Any]) -> None:
        line = json.dumps(row).encode("ascii") + b"\n"
        try:
            self._raw.truncate(self._end)  # of what a crash, or a full disk, cut short
            self._raw.seek(self._end)
            written = self._raw.write(line)
            os.fsync(self._raw.fileno())
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.path)) from error
        if written < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        self._end += written


def peek(path: Path) -> Checkpoint | None:
    """How far the unfinished run at ``path`` came; None where there is none that came anywhere."""
    try:
        with path.open("rb", buffering=0) as raw:
            return _read(raw)[1]
    except FileNotFoundError:
        return None


def _read(raw: io.FileIO) -> tuple[dict[str, Any] | None, Checkpoint | None, int]:
    """What was asked, the last whole checkpoint, and where whole lines end."""
    raw.seek(0)
    content = raw.readall()
    end = content.rfind(b"\n") + 1
    head, *rows = content[:end].split(b"\n")
    asked = _parsed(head)
    if asked.get("format") != FORMAT or not isinstance(asked.get("asked"), dict):
        return None, None, end
    found = (checkpoint for checkpoint in map(_checkpoint, map(_parsed, reversed(rows))) if checkpoint)
    return asked["asked"], next(found, None), end


def _checkpoint(row: dict[str, Any]) -> Checkpoint | None:
    try:
        return Checkpoint(**(row | {"base": row["base"] and Base(**row["base"])}))
    except (KeyError, TypeError):
        return None


def _may_be_cut_short(raw: io.FileIO) -> bool:
    """Whether this is all that a crash left of a journal's first line."""
    raw.seek(0)
    start = raw.read(len(_FIRST_BYTES)) or b""
    return not start.strip(b"\0") or _FIRST_BYTES.startswith(start)


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError:
        return {}
    return row if isinstance(row, dict) else {}
