"""`python -m benchmarks.cluster [--runs N] [--pictures N]`: one process and Ray on the same cores, interleaved.

Every measurement is a fresh process. Prints medians with their spread, writes every figure as JSON.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.cluster.one import ALONE, CONTENDERS, START, TOGETHER
from benchmarks.machine import machine

Runs = dict[str, list[dict[str, float]]]


def main() -> None:
    """Measure, print, write."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.cluster", description=__doc__)
    arguments.add_argument("--runs", type=int, default=5, help="counted runs of each contender, after one warm-up")
    arguments.add_argument("--pictures", type=int, default=10_000)
    arguments.add_argument("--shards", type=int, default=16)
    arguments.add_argument("--out", type=Path, help="JSON file; default: benchmarks/results/HOST-cluster-DATE.json")
    chosen = arguments.parse_args()
    measured = _suite(chosen.runs, chosen.pictures, chosen.shards)
    print(_table(measured), end="\n\n")
    for line in _verdicts(measured):
        print(line)
    name = f"{platform.machine()}-cluster-{datetime.now(UTC):%Y%m%d}.json"
    out = chosen.out or Path(__file__).parent.parent / "results" / name
    out.parent.mkdir(parents=True, exist_ok=True)
    results = {"machine": machine(), "pictures": chosen.pictures, "shards": chosen.shards, "runs": measured}
    out.write_text(json.dumps(results, indent=1) + "\n")
    print(f"written: {out}")


def _suite(runs: int, pictures: int, shards: int) -> Runs:
    contenders = [*(name for name in CONTENDERS if name not in ALONE), TOGETHER, START]
    measured: Runs = {contender: [] for contender in contenders}
    for number in range(runs + 1):  # the first warms caches up
        for contender in contenders:
            figures = _fresh(contender, pictures, shards)
            if number:
                measured[contender].append(figures)
    return measured


def _fresh(contender: str, pictures: int, shards: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.cluster.one", contender, str(pictures), str(shards)]
    figures: dict[str, float] = json.loads(subprocess.run(command, check=True, stdout=-1, text=True).stdout)
    return figures


def _table(measured: Runs) -> str:
    lines = [
        "\n| | images/s | whole run, s | to the first word of a task, s | to connect, s |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for contender, runs in measured.items():
        rate = _spread([run["images"] / run["seconds"] for run in runs], 0) if contender != START else ""
        figures = [_spread([run.get(name, 0.0) for run in runs], 1) for name in ("seconds", "first", "connect")]
        lines.append(f"| {contender} | {rate} | {' | '.join(figures)} |")
    return "\n".join(lines)


def _verdicts(measured: Runs) -> list[str]:
    one, two = measured["Ray, one machine of one core"], measured["Ray, two machines of one core"]
    lines = []
    for size in ("", ", 1920x1280"):
        alone, ray = measured[f"one process, two cores{size}"], measured[f"Ray, one machine of two cores{size}"]
        lines.append(
            f"Ray against one process{size}: {_ratio(ray, alone, _whole)} times as long; "
            f"from a task's first word on {_ratio(ray, alone, _started)}"
        )
    return [
        *lines,
        f"two machines against one: {_ratio(one, two, _whole)} times as quick; "
        f"from a task's first word on {_ratio(one, two, _started)}",
        f"without Ray: {_ratio(measured['one process, one core'], measured[TOGETHER], _whole)}",
    ]


def _whole(run: dict[str, float]) -> float:
    return run["seconds"]


def _started(run: dict[str, float]) -> float:
    return run["seconds"] - run["first"]


def _ratio(
    runs: list[dict[str, float]], others: list[dict[str, float]], of: Callable[[dict[str, float]], float]
) -> str:
    return _spread([of(run) / of(other) for run, other in zip(runs, others, strict=True)], 3)


def _spread(values: list[float], digits: int) -> str:
    return f"{median(values):.{digits}f} ({min(values):.{digits}f} … {max(values):.{digits}f})"


if __name__ == "__main__":
    main()
