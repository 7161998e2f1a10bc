"""What an earlier run has packed: to ask for it again costs nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from gpu_im2rec.errors import ResumeError
from gpu_im2rec.packing.fingerprint import differences
from gpu_im2rec.packing.report import PackReport
from gpu_im2rec.packing.unfinished import REPORT, path_of
from gpu_im2rec.storage import Place, Url, exists, read, size_of

_NEEDED = ("fingerprint", "files", "result", "list_lines", "versions", "stages", "bottleneck", "pace", "source_sizes")
ADVICE = "--overwrite in place of --resume packs it anew"


def finished(out: Place, asked: dict[str, Any]) -> PackReport | None:
    """The report of the run that wrote ``out``, if it is whole; None where nothing is there.

    Of a part without a record nothing but the report is there; a remote part without a report was not finished. Raises
    ResumeError where it was asked something else than ``asked``, or is not as that run left it, and OSError where its
    report cannot be read.
    """
    if not _may_be(out):
        return None
    try:
        content = read_report(out)
        then, files, result, *_ = (content[name] for name in _NEEDED)
        sizes = {file["name"]: file["bytes"] for file in files.values() if file}
        report = PackReport.from_dict(result)
    except (FileNotFoundError, ValueError, LookupError, TypeError, AttributeError):
        raise ResumeError(f"{out} is there, and no report that says how it was packed; {ADVICE}") from None
    if changed := differences(then, asked):
        raise ResumeError(f"{out} is there and was packed otherwise: {changed}; {ADVICE}")
    check_sizes(out, sizes)
    return report


def check_sizes(out: Place, sizes: Mapping[str, int]) -> None:
    """Raises ResumeError unless the files beside ``out`` have these bytes, by name."""
    for name, size in sizes.items():
        if _size(out.with_name(name)) != size:
            raise ResumeError(f"{out.with_name(name)} is not as the run left it that packed it; {ADVICE}")


def _may_be(out: Place) -> bool:
    """Whether there is a part, or the report of one of which nothing could be packed."""
    if isinstance(out, Url):
        return exists(str(path_of(out, REPORT)))
    with suppress(OSError, ValueError, LookupError, TypeError):
        return out.exists() or read_report(out)["files"]["rec"] is None
    return False


def _size(path: Place) -> int | None:
    """In bytes; None where it is not there."""
    try:
        return size_of(str(path)) if isinstance(path, Url) else path.stat().st_size
    except FileNotFoundError:
        return None


def read_report(out: Place) -> dict[str, Any]:
    """What the report of the run that wrote ``out`` holds. Raises OSError, and ValueError where it is none."""
    report = path_of(out, REPORT)
    content = json.loads(read(str(report)) if isinstance(report, Url) else report.read_bytes())
    if not isinstance(content, dict):
        raise ValueError("the report is no object")
    return content
