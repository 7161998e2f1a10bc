"""How the run went that packed a record file, by the files that it left beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from gpu_im2rec.recordio import beside
from gpu_im2rec.showing.packed_from import LARGEST

_FORMAT = 1


class Stage(NamedTuple):
    """A stage of the run."""

    name: str  # "read", "transcode" or "write"
    threads: int
    busy: float  # share of their time, 0 … 1
    waited: float  # share of the run's time that went into waiting for it


class Failure(NamedTuple):
    """A line of the list that was not packed."""

    line: int
    path: str
    reason: str
    message: str


class Result(NamedTuple):
    """What the run did."""

    packed: int
    failed: int
    reasons: dict[str, int]  # failures by reason
    rescued: dict[str, int]  # pictures that the CPU did in the GPU's place, by why
    truncated: int  # pictures accepted though cut
    bytes_in: int
    seconds: float
    engine: str
    resumed_at: int  # list lines that an earlier run had done


class Run(NamedTuple):
    """What ``OUT.report.json`` says; `packing/run_report.py` describes it."""

    finished: str  # ISO 8601
    result: Result
    stages: list[Stage]
    bottleneck: str  # in words; empty where nothing can be said
    pace: list[tuple[float, float]]  # seconds, list lines done by then
    source_sizes: list[tuple[int, int, int]]  # width, height, count: of a sample
    options: dict[str, Any]
    machine: dict[str, Any]
    versions: dict[str, Any]
    failures: list[Failure]  # the first of ``OUT.failures.jsonl``


def run_of(rec: Path, failures: int = 100) -> tuple[Run | None, str]:
    """The run that packed ``rec``, with ``failures`` of them at most; or None, and why. Never raises."""
    path = beside(rec, ".report.json")
    try:
        if path.stat().st_size > LARGEST:
            return None, f"{path.name} is too large for a report of `gpu-im2rec pack`"
        said = json.loads(path.read_bytes())
        if said["format"] != _FORMAT:
            return None, f"{path.name} is of another version of gpu-im2rec"
        if said["rec"] != rec.name or said["bytes"] != rec.stat().st_size:
            return None, f"{path.name} is of another file, or of this one before it changed"
        return _run(said, list(islice(_failures(beside(rec, ".failures.jsonl")), failures))), ""
    except OSError:
        return None, f"no {path.name} says how it was packed"
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return None, f"{path.name} is not as `gpu-im2rec pack` writes it"


def _run(said: dict[str, Any], failures: list[Failure]) -> Run:
    result = said["result"]
    return Run(
        finished=str(said["finished"]),
        result=Result(
            packed=int(result["packed"]),
            failed=int(result["failed"]),
            reasons=_counts(result["reasons"]),
            rescued=_counts(result["rescued"]),
            truncated=int(result["truncated"]),
            bytes_in=int(result["bytes_in"]),
            seconds=float(result["seconds"]),
            engine=str(result["engine"]),
            resumed_at=int(result["resumed_at"]),
        ),
        stages=[
            Stage(str(one["name"]), int(one["threads"]), float(one["busy_share"]), float(one["waited_share"]))
            for one in said["stages"]
        ],
        bottleneck=str(said["bottleneck"]["words"]),
        pace=[(float(seconds), float(lines)) for seconds, lines in said["pace"]],
        source_sizes=[(int(width), int(height), int(count)) for width, height, count in said["source_sizes"]["sizes"]],
        options=dict(said["options"]),
        machine=dict(said["machine"]),
        versions=dict(said["versions"]),
        failures=failures,
    )


def _counts(said: dict[str, Any]) -> dict[str, int]:
    return {str(name): int(count) for name, count in said.items()}


def _failures(path: Path) -> Iterator[Failure]:
    """None where nothing failed."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        for line in file:
            row = json.loads(line)
            yield Failure(int(row["line"]), str(row["path"] or row.get("text", "")), row["reason"], row["message"])
