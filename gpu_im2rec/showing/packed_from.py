"""Where a record file came from, as far as the report of its run says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gpu_im2rec.recordio import beside

_LARGEST = 4 << 20  # bytes; the report of a run has some thousands


def read_run_report(rec: Path) -> Any:
    """What ``OUT.report.json`` beside ``rec`` holds, whoever wrote it.

    Raises OSError where it cannot be read, ValueError where it is no JSON, or too large or too deep for a report.
    """
    with beside(rec, ".report.json").open("rb") as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise ValueError("too large for the report of a run")
    try:
        return json.loads(content)
    except RecursionError:
        raise ValueError("too deep for the report of a run") from None


def list_named_by(rec: Path) -> Path | None:
    """The list that ``rec`` was packed from, by ``OUT.report.json`` beside it; None where that does not tell.

    It may be gone, or be relative to another folder.
    """
    try:
        named = read_run_report(rec)["options"]["list"]
    except (OSError, ValueError, LookupError, TypeError):  # no report, or none of ours
        return None
    return Path(named) if isinstance(named, str) and named else None
