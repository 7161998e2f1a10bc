"""What a run adds to: a record file that is whole, and its index."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gpu_im2rec.errors import RecordError, ResumeError, UsageError
from gpu_im2rec.recordio import Index, beside, read_index, unpack_header
from gpu_im2rec.recordio.framing import unframe
from gpu_im2rec.recordio.header import HEADER_BYTES
from gpu_im2rec.recordio.scan import FileBytes


@dataclass(frozen=True, slots=True)
class Base:
    """A finished pair."""

    records: int
    size: int  # bytes of the record file
    index: str  # SHA-256 of the index


def base_of(rec: Path) -> Base:
    """The pair at ``rec``.

    Raises UsageError where there is none, RecordError unless its last record, as the index has it, ends with the file.
    """
    idx = beside(rec, ".idx")
    for path in (rec, idx):
        if not path.is_file():
            raise UsageError(f"{path} is not there: --append adds to a .rec and its .idx; leave it out to make them")
    index = read_index(idx)
    with rec.open("rb") as file, idx.open("rb") as lines:
        source = FileBytes(file)
        try:
            payload, end = _last(source, index)
            if len(payload) >= HEADER_BYTES and not len(unpack_header(payload)[1]):
                raise RecordError("the last record holds no picture, as in insightface's layout")
        except RecordError as error:
            raise RecordError(f"{rec}: {error}; nothing can be appended to it") from None
        if end != len(source):
            raise RecordError(
                f"{rec}: the last record of the index ends at {end:,}, the file at {len(source):,}: they do not belong "
                f"together; `gpu-im2rec verify {rec}` shows more"
            )
        return Base(len(index), len(source), hashlib.file_digest(lines, "sha256").hexdigest())


def check_last(rec: Path, index: Index) -> None:
    """Raises RecordError unless the last record of ``index`` ends where ``rec`` does, as a run leaves both."""
    with rec.open("rb") as file:
        source = FileBytes(file)
        if _last(source, index)[1] != len(source):
            raise RecordError(f"{rec} is not as the unfinished run left it; start anew with --overwrite")


def check_same(rec: Path, base: Base) -> None:
    """Raises ResumeError unless the pair at ``rec`` is still what it was."""
    if base_of(rec) != base:
        raise ResumeError(f"{rec} has changed since the unfinished run began to append to it; remove what it left")


def _last(source: FileBytes, index: Index) -> tuple[memoryview, int]:
    """The payload of the last record that ``index`` knows, and where it ends; nothing, at 0, where it knows none."""
    return unframe(source, int(np.max(index.offsets))) if len(index) else (memoryview(b""), 0)
