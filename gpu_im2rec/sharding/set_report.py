"""What was done to a whole set: the reports of its shards, summed up. ``OUT.report.json`` beside the manifest.

The object has all that `packing/run_report.py` describes of one run, with these differences: ``rec`` names the
manifest, and ``bytes`` are those of all record files; ``machine`` is the one that gathered the set or, of parts that
were merged, that of the first; ``stages`` sum up ``busy_seconds`` and ``pictures``, and average shares over the shards,
weighted by their time; ``bottleneck`` is the one of most shards; ``pace`` is of all shards together; ``fingerprint``
is of the whole list, and null where parts were merged; there is no ``files`` and no ``list_lines``, which the manifest
has. ``shards`` has of each ``part`` such as
"3/16"; ``packed``, ``failed``, ``bytes``, ``seconds`` and ``engine``; ``where``, the machine that packed it (empty: the
gathering one, or where an earlier run did); ``attempts``, how often it was tried in this run; and ``was_there``,
whether an earlier run had finished it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from gpu_im2rec.lists import DuplicateIndices
from gpu_im2rec.packing import PackOptions, PackReport
from gpu_im2rec.packing.bottleneck import DOING
from gpu_im2rec.packing.run_report import FORMAT, machine_of, plain
from gpu_im2rec.packing.source_sizes import SourceSizes
from gpu_im2rec.packing.unfinished import FAILURES, REPORT, path_of
from gpu_im2rec.recordio.manifest import Manifest, manifest_of
from gpu_im2rec.sharding.tally import Tally
from gpu_im2rec.sharding.task import ShardResult
from gpu_im2rec.storage import Place, shown
from gpu_im2rec.units import percent


def summed(
    out: Place, manifest: Manifest, results: Sequence[ShardResult], seconds: float, duplicates: DuplicateIndices
) -> PackReport:
    """The report of the whole, which took so many ``seconds``; ``duplicates`` are those of all shards together."""
    each = [result.report["result"] for result in results]
    failed = sum(one["failed"] for one in each)
    return PackReport(
        rec=out.with_name(manifest_of(out)),
        idx=out.with_name(manifest.dali_index),
        checksums=None,
        failures=path_of(out, FAILURES) if failed else None,
        report=path_of(out, REPORT),
        packed=manifest.records,
        failed=failed,
        reasons=_counted(each, "reasons"),
        duplicates=duplicates.count,
        duplicate_examples=tuple(duplicates.examples),
        duplicates_unchecked=duplicates.unchecked,
        label_width=max(one["label_width"] for one in each),
        narrowest_labels=min((one["narrowest_labels"] for one in each if one["packed"]), default=0),
        labels_dropped=sum(one["labels_dropped"] for one in each),
        bytes_in=sum(one["bytes_in"] for one in each),
        bytes_out=manifest.rec_bytes,
        seconds=seconds,
        engine=", ".join(dict.fromkeys(one["engine"] for one in each)),
        workers=max(one["workers"] for one in each),
        rescued=_counted(each, "rescued"),
        truncated=sum(one["truncated"] for one in each),
        note=next((one["note"] for one in each if one["note"]), ""),
        part="",
        faces=None,
        resumed_at=sum(result.report["list_lines"][1] for result in results if result.was_there),
        appended_to=0,
        bottleneck=_bottleneck(results)["words"],
        shards=len(manifest.shards),
        machines=len({result.where for result in results if result.where}),
        retried=sum(result.attempts > 1 for result in results),
    )


def set_report(
    report: PackReport, list_path: str, root: str, options: PackOptions, results: Sequence[ShardResult],
    versions: dict[str, str], tally: Tally, asked: dict[str, Any],
) -> bytes:  # fmt: skip
    """The file's content."""
    said = {"list": shown(list_path), "root": shown(root)} | plain(options)
    machine = machine_of(options, report.engine)
    return content_of(report, said, machine, results, versions, tally.pace(), tally.sizes, asked)


def content_of(
    report: PackReport, options: dict[str, Any], machine: dict[str, Any], results: Sequence[ShardResult],
    versions: dict[str, str], pace: Sequence[tuple[float, int]], sizes: SourceSizes,
    asked: dict[str, Any] | None = None,
) -> bytes:  # fmt: skip
    """The same of ``options``, with list and root, and ``machine`` as the report of a run has them."""
    content = {
        "format": FORMAT,
        "rec": report.rec.name,
        "bytes": report.bytes_out,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions,
        "machine": machine,
        "options": options,
        "result": report.to_dict(),
        "stages": _stages(results),
        "bottleneck": _bottleneck(results),
        "pace": [[round(seconds, 2), lines] for seconds, lines in pace],
        "source_sizes": sizes.to_dict(),
        "fingerprint": asked,
        "shards": [_shard(result) for result in results],
    }
    return json.dumps(content, indent=1).encode("ascii") + b"\n"


def _shard(result: ShardResult) -> dict[str, Any]:
    said = result.report["result"]
    told = {name: said[name] for name in ("part", "packed", "failed")} | {"bytes": said["bytes_out"]}
    where = {"where": result.where, "attempts": result.attempts, "was_there": result.was_there}
    return told | {"seconds": round(said["seconds"], 3), "engine": said["engine"]} | where


def _counted(each: Sequence[dict[str, Any]], name: str) -> dict[str, int]:
    total: Counter[str] = Counter()
    for one in each:
        total.update(one[name])
    return dict(total.most_common())


def _stages(results: Sequence[ShardResult]) -> list[dict[str, Any]]:
    named = zip(*(result.report["stages"] for result in results), strict=True)
    weights = [result.report["pace"][-1][0] or 1e-9 for result in results]
    return [_stage(stages, weights) for stages in named]


def _stage(stages: Sequence[dict[str, Any]], weights: Sequence[float]) -> dict[str, Any]:
    """One stage of all shards."""

    def average(name: str) -> float:
        weighted = (stage[name] * weight for stage, weight in zip(stages, weights, strict=True))
        return round(float(sum(weighted)) / sum(weights), 4)

    return {
        "name": stages[0]["name"],
        "threads": max(stage["threads"] for stage in stages),
        "busy_seconds": round(sum(stage["busy_seconds"] for stage in stages), 3),
        "busy_share": average("busy_share"),
        "pictures": sum(stage["pictures"] for stage in stages),
        "waited_share": average("waited_share"),
    }


def _bottleneck(results: Sequence[ShardResult]) -> dict[str, Any]:
    """That of most shards; nothing where most were too short to tell."""
    found = [result.report["bottleneck"] for result in results]
    stages = Counter(one["stage"] for one in found if one["words"])
    stage, count = stages.most_common(1)[0] if stages else (None, 0)
    if stage is None or 2 * count <= len(found):
        return {"stage": None, "words": ""}
    share = next(one["waited_share"] for one in _stages(results) if one["name"] == stage)
    words = f"{DOING[stage]} bounds {count:,} of {len(found):,} shards; of the time of all, {percent(share)} went there"
    return {"stage": stage, "words": words}
