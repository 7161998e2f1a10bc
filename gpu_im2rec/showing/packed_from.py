"""Where a record file came from, as far as the report of its run says."""

from __future__ import annotations

import json
from pathlib import Path

from gpu_im2rec.recordio import beside

LARGEST = 64 << 20  # bytes of a report of a run


def list_named_by(rec: Path) -> Path | None:
    """The list that ``rec`` was packed from, by ``OUT.report.json`` beside it; None where that does not tell.

    It may be gone, or be relative to another folder.
    """
    path = beside(rec, ".report.json")
    try:
        if path.stat().st_size > LARGEST:
            return None
        named = json.loads(path.read_bytes())["options"]["list"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):  # no report, or none of ours
        return None
    return Path(named) if isinstance(named, str) else None
