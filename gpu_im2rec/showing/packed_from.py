"""Where a record file came from, as far as the report of its run says."""

from __future__ import annotations

import json
from pathlib import Path

from gpu_im2rec.recordio import beside


def list_named_by(rec: Path) -> Path | None:
    """The list that ``rec`` was packed from, by ``OUT.report.json`` beside it; None where that does not tell.

    It may be gone, or be relative to another folder.
    """
    try:
        named = json.loads(beside(rec, ".report.json").read_bytes())["options"]["list"]
    except (OSError, ValueError, LookupError, TypeError):  # no report, or none of ours
        return None
    return Path(named) if isinstance(named, str) else None
