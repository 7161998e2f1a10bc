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
    offsets = read_index(idx).offsets
    with rec.open("rb") as file, idx.open("rb") as lines:
        source = FileBytes(file)
        try:
            end = _end_of_last(source, int(np.max(offsets))) if len(offsets) else 0
        except RecordError as error:
            raise RecordError(f"{rec}: {error}; nothing can be appended to it") from None
        if end != len(source):
            raise RecordError(
                f"{rec}: the last record of the index ends at {end:,}, the file at {len(source):,}: they do not belong "
                f"together; `gpu-im2rec verify {rec}` shows more"
            )
        return Base(len(offsets), len(source), hashlib.file_digest(lines, "sha256").hexdigest())


def _end_of_last(source: FileBytes, offset: int) -> int:
    payload, end = unframe(source, offset)
    if len(payload) >= HEADER_BYTES and not len(unpack_header(payload)[1]):
        raise RecordError(f"offset {offset}: the last record holds no picture, as in insightface's layout")
    return end


def check_last(rec: Path, index: Index) -> None:
    """Raises RecordError unless the last record of ``index`` ends where ``rec`` does, as a run leaves both."""
    with rec.open("rb") as file:
        source = FileBytes(file)
        end = unframe(source, int(index.offsets[-1]))[1] if len(index) else 0
        if end != len(source):
            raise RecordError(f"{rec} is not as the unfinished run left it; start anew with --overwrite")


def check_same(rec: Path, base: Base) -> None:
    """Raises ResumeError unless the pair at ``rec`` is still what it was."""
    if base_of(rec) != base:
        raise ResumeError(f"{rec} has changed since the unfinished run began to append to it; remove what it left")
