"""`python -m benchmarks.cluster [--runs N] [--pictures N]`: one process and Ray on the same cores, interleaved.

Every measurement is a fresh process. Prints medians with their spread, writes every figure as JSON.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.cluster.one import CONTENDERS, START
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
    print(_table(measured))
    for line in _verdicts(measured):
        print(line)
    name = f"{platform.machine()}-cluster-{datetime.now(UTC):%Y%m%d}.json"
    out = chosen.out or Path(__file__).parent.parent / "results" / name
    out.parent.mkdir(parents=True, exist_ok=True)
    results = {"machine": machine(), "pictures": chosen.pictures, "shards": chosen.shards, "runs": measured}
    out.write_text(json.dumps(results, indent=1) + "\n")
    print(f"written: {out}")


def _suite(runs: int, pictures: int, shards: int) -> Runs:
    contenders = [*CONTENDERS, START]
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
    alone = measured["one process, one core"]
    split, whole = (measured[f"Ray, one machine of two cores, {tasks}"] for tasks in ("two tasks", "one task"))
    return [
        f"\nRay against one process, one core: {_ratio(one, alone)} times as long",
        f"two machines against one: {_ratio(one, two)} times as quick",
        f"two tasks of one core against one of two: {_ratio(whole, split)} times as quick",
    ]


def _ratio(runs: list[dict[str, float]], others: list[dict[str, float]]) -> str:
    return _spread([run["seconds"] / other["seconds"] for run, other in zip(runs, others, strict=True)], 3)


def _spread(values: list[float], digits: int) -> str:
    return f"{median(values):.{digits}f} ({min(values):.{digits}f} … {max(values):.{digits}f})"


if __name__ == "__main__":
    main()
