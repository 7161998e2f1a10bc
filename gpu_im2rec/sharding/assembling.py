"""What a set is, from the reports of the runs that packed its shards."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from gpu_im2rec.packing import Part
from gpu_im2rec.recordio.manifest import Manifest, Shard, ShardFile
from gpu_im2rec.sharding.names import dali_index_of

_NOT_OPTIONS = ("version", "list", "root", "part")  # of a fingerprint: what is each shard's own, or the machine's

Report = dict[str, Any]  # what a shard's ``.report.json`` holds, see packing/run_report.py


def manifest_from(reports: Sequence[Report], out: PurePath) -> Manifest:
    """The manifest of the set ``out``, from the reports of all its parts in the order of the list.

    The same for the same shards, whoever packed them. Raises LookupError, TypeError or ValueError where one is no
    report of a part.
    """
    return Manifest(
        parts=part_of(reports[0]).count,
        shards=tuple(_shard(report) for report in reports if report["result"]["packed"]),
        dali_index=dali_index_of(out),
        failed=sum(int(report["result"]["failed"]) for report in reports),
        options=common([_options(report) for report in reports]),
        versions=common([report["versions"] for report in reports]),
    )


def part_of(report: Report) -> Part:
    """Which part of the list the report is about."""
    return Part.parse(report["result"]["part"])


def _shard(report: Report) -> Shard:
    first_line, lines = report["list_lines"]
    rec, idx, crc = (report["files"][kind] and ShardFile(**report["files"][kind]) for kind in ("rec", "idx", "crc"))
    result = report["result"]
    return Shard(part_of(report).number, result["packed"], result["failed"], first_line, lines, rec, idx, crc)


def _options(report: Report) -> dict[str, Any]:
    return {name: value for name, value in report["fingerprint"].items() if name not in _NOT_OPTIONS}


def common(each: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What all of them say alike."""
    first = each[0]
    return {name: value for name, value in first.items() if all(one.get(name, ...) == value for one in each)}
