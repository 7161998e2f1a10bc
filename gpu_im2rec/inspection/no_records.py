"""A file that is read as records and breaks their format: what it is instead, and what to do next."""

from __future__ import annotations

from pathlib import Path

from gpu_im2rec.errors import RecordError
from gpu_im2rec.recordio.reader import begins_with_a_record


def with_next_step(error: RecordError, rec: Path) -> RecordError:
    """``error``, with what mends the damaged file ``rec``; another one where that is no record file at all."""
    if rec.suffix == ".rec" or begins_with_a_record(rec):
        advice = f"`gpu-im2rec verify {rec}` shows all damage, `gpu-im2rec repair {rec} NEW.rec` keeps what is whole"
        return RecordError(f"{error}; {advice}")
    meant = rec.with_suffix(".rec")
    return RecordError(f"{rec} is no record file" + (f"; did you mean {meant}?" if meant.is_file() else ""))
