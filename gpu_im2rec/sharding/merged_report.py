"""What was done to parts that were packed one by one and are a set now: ``OUT.report.json`` beside its manifest."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

from gpu_im2rec.lists import DuplicateIndices
from gpu_im2rec.packing.source_sizes import SourceSizes
from gpu_im2rec.recordio.manifest import Manifest
from gpu_im2rec.sharding.assembling import Report, common, part_of
from gpu_im2rec.sharding.set_report import content_of, summed
from gpu_im2rec.sharding.task import ShardResult

_MOST_POINTS = 256


def report_of_parts(
    base: Path, manifest: Manifest, reports: Sequence[Report], duplicates: DuplicateIndices
) -> bytes | None:
    """The file's content, as if one machine had packed one part after the other; None where a report is not as ours.

    See `set_report.py`.
    """
    try:
        results = [ShardResult(part_of(report).number, report) for report in reports]
        seconds = sum(report["result"]["seconds"] for report in reports)
        whole = summed(base, manifest, results, seconds, duplicates)
        options = common([report["options"] for report in reports]) | {"part": None}
        sizes = SourceSizes()
        for report in reports:
            sizes.add_told(report["source_sizes"])
        machine, versions = reports[0]["machine"], manifest.versions
        return content_of(whole, options, machine, results, versions, _pace(reports), sizes)
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError):
        return None


def _pace(reports: Sequence[Report]) -> list[tuple[float, int]]:
    seconds = accumulate((report["pace"][-1][0] for report in reports), initial=0.0)
    lines = accumulate((report["pace"][-1][1] for report in reports), initial=0)
    starts = zip(reports, seconds, lines, strict=False)
    points = [(before + at, done + count) for report, before, done in starts for at, count in report["pace"]]
    most = min(len(points), _MOST_POINTS)
    return [points[number * (len(points) - 1) // max(most - 1, 1)] for number in range(most)]
