"""Pictures out of a record file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gpu_im2rec.recordio import iter_records

OUT = "out.rec"


def pictures(out: Path) -> Iterator[bytes]:
    """Of `out.rec` in the folder ``out``."""
    for record in iter_records(out / OUT):
        yield bytes(record.content)
