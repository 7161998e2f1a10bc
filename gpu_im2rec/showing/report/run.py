"""How the run went that packed a record file, by the files that it left beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from gpu_im2rec.recordio import beside
from gpu_im2rec.showing.packed_from import read_run_report

_FORMAT = 1
_MOST = 1 << 53  # of anything that a run counts or measures
_LONGEST_LINE = 1 << 20  # bytes; those of OUT.failures.jsonl have some hundreds


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


def run_of(rec: Path, size: int, failures: int = 100) -> tuple[Run | None, str]:
    """The run that packed ``rec``, of ``size`` bytes, with so many failures at most; or None, and why. Never raises."""
    path = beside(rec, ".report.json")
    try:
        said = read_run_report(rec)
        if said["format"] != _FORMAT:
            return None, f"{path.name} is of another version of gpu-im2rec"
        if said["rec"] != rec.name or said["bytes"] != size:
            return None, f"{path.name} is of another file, or of this one before it changed"
        return _run(said, list(islice(_failures(beside(rec, ".failures.jsonl")), failures))), ""
    except OSError:
        return None, f"no {path.name} says how it was packed"
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError):
        return None, f"{path.name} is not as `gpu-im2rec pack` writes it"


def _run(said: dict[str, Any], failures: list[Failure]) -> Run:
    result = said["result"]
    return Run(
        finished=str(said["finished"]),
        result=Result(
            packed=_count(result["packed"]),
            failed=_count(result["failed"]),
            reasons=_counts(result["reasons"]),
            rescued=_counts(result["rescued"]),
            truncated=_count(result["truncated"]),
            bytes_in=_count(result["bytes_in"]),
            seconds=_number(result["seconds"]),
            engine=str(result["engine"]),
            resumed_at=_count(result["resumed_at"]),
        ),
        stages=[
            Stage(str(one["name"]), _count(one["threads"]), _number(one["busy_share"]), _number(one["waited_share"]))
            for one in said["stages"]
        ],
        bottleneck=str(said["bottleneck"]["words"]),
        pace=_pace(said["pace"]),
        source_sizes=[
            (_count(width), _count(height), _count(count)) for width, height, count in said["source_sizes"]["sizes"]
        ],
        options=_named(said["options"]),
        machine=_named(said["machine"]),
        versions=_named(said["versions"]),
        failures=failures,
    )


def _number(said: Any) -> float:
    number = float(said)
    if not 0 <= number <= _MOST:
        raise ValueError(f"{said!r} is no number of a run")
    return number


def _count(said: Any) -> int:
    return int(_number(said))


def _counts(said: dict[str, Any]) -> dict[str, int]:
    return {str(name): _count(count) for name, count in said.items()}


def _named(said: dict[str, Any]) -> dict[str, Any]:
    return dict(said.items())


def _pace(said: list[list[Any]]) -> list[tuple[float, float]]:
    """Hundredths of a second, as they are written."""
    pace = [(round(_number(seconds), 2), _number(lines)) for seconds, lines in said]
    if any(sorted(column) != list(column) for column in zip(*pace, strict=True)):
        raise ValueError("neither time nor lines run backwards")
    return pace


def _failures(path: Path) -> Iterator[Failure]:
    """None where nothing failed; those before the first line that is none of ours."""
    if not path.is_file():
        return
    with path.open("rb") as file, suppress(ValueError, LookupError, TypeError, AttributeError, RecursionError):
        while line := file.readline(_LONGEST_LINE):
            row = json.loads(line)
            path_or_text = str(row["path"] or row.get("text", ""))
            yield Failure(_count(row["line"]), path_or_text, str(row["reason"]), str(row["message"]))
