"""A set that an earlier run has packed: to ask for it again costs nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from gpu_im2rec.errors import RecordError, ResumeError
from gpu_im2rec.packing import PackOptions, PackReport
from gpu_im2rec.packing.fingerprint import differences, fingerprint
from gpu_im2rec.packing.finished import ADVICE, check_sizes, read_report
from gpu_im2rec.packing.journal import peek
from gpu_im2rec.packing.lines import PathLike
from gpu_im2rec.packing.unfinished import journal_of
from gpu_im2rec.recordio.manifest import manifest_of, parse_manifest
from gpu_im2rec.sharding.sizing import Cut
from gpu_im2rec.storage import Place, read


def asked_of(list_path: PathLike, root: str, options: PackOptions, cut: Cut) -> dict[str, Any]:
    """What decides the bytes of a set, as its report keeps it. Raises ListError."""
    return fingerprint(list_path, root, options, "") | {"shards": cut.count, "shard_size": cut.size}


def finished_set(out: Place, asked: dict[str, Any]) -> PackReport | None:
    """The report of the run that packed the set ``out``, if it is whole; None where there is none, or one under way.

    Raises ResumeError where it was asked something else than ``asked``, has no report of ours, or, on this machine,
    lacks a file. Raises OSError.
    """
    path = out.with_name(manifest_of(out))
    if isinstance(out, Path) and peek(journal_of(out)):
        return None
    try:
        content = path.read_bytes() if isinstance(path, Path) else read(str(path))
    except FileNotFoundError:
        return None
    try:
        sizes = {file.name: file.bytes for shard in parse_manifest(content).shards for file in shard.files}
        told = read_report(out)
        then, report = told["fingerprint"], PackReport.from_dict(told["result"])
    except (FileNotFoundError, RecordError, ValueError, LookupError, TypeError, AttributeError):
        raise ResumeError(f"{path} is there, and no report that says how the set was packed; {ADVICE}") from None
    if changed := differences(then, asked):
        raise ResumeError(f"{path} is there and was packed otherwise: {changed}; {ADVICE}")
    if isinstance(out, Path):
        check_sizes(out, sizes)
    return replace(report, was_there=True)
