"""`python -m benchmarks.remote [--runs N] [--pictures N]`: pictures a second from a storage, by the number of threads.

Every measurement is a fresh process; ways take turns. Prints medians with their spread, writes every figure as JSON.
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

from benchmarks.machine import machine
from benchmarks.remote.one import BOTOCORE, MILLISECONDS, WAYS

_THREADS = (8, 32, 64, 128)

Runs = dict[str, dict[int, list[dict[str, float]]]]


def main() -> None:
    """Measure, print, write."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.remote", description=__doc__)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--pictures", type=int, default=6_000, help="of a run; a quarter by the slowest way")
    arguments.add_argument("--out", type=Path, help="JSON file; default: benchmarks/results/HOST-remote-DATE.json")
    chosen = arguments.parse_args()
    measured = _suite(chosen.runs, chosen.pictures)
    print(_table(measured))
    name = f"{platform.machine()}-remote-{datetime.now(UTC):%Y%m%d}.json"
    out = chosen.out or Path(__file__).parents[1] / "results" / name
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({"machine": machine(), "latency_ms": MILLISECONDS, "runs": measured}, indent=1) + "\n")
    print(f"written: {out}")


def _suite(runs: int, pictures: int) -> Runs:
    measured: Runs = {way: {threads: [] for threads in _THREADS} for way in WAYS}
    for _ in range(runs):
        for threads in _THREADS:
            for way in WAYS:
                measured[way][threads].append(_fresh(way, threads, pictures // 4 if way == BOTOCORE else pictures))
    return measured


def _fresh(way: str, threads: int, pictures: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.remote.one", way, str(threads), str(pictures)]
    figures: dict[str, float] = json.loads(subprocess.run(command, check=True, stdout=-1, text=True).stdout)
    return figures


def _table(measured: Runs) -> str:
    lines = [f"\n| threads | {' | '.join(measured)} |", f"| ---: |{' ---: |' * len(measured)}"]
    for threads in _THREADS:
        rates = [[run["pictures"] / run["seconds"] for run in runs[threads]] for runs in measured.values()]
        lines.append(f"| {threads} | {' | '.join(_spread(rate, 0) for rate in rates)} |")
    for name, figure in (("ms of processor a picture", "cpu_seconds"), ("peak MB", "peak_mb")):
        cells = []
        for by_threads in measured.values():
            runs = [run for of_threads in by_threads.values() for run in of_threads]
            is_cpu = figure == "cpu_seconds"
            values = [1000 * run[figure] / run["pictures"] if is_cpu else run[figure] for run in runs]
            cells.append(_spread(values, 2 if is_cpu else 0))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _spread(values: list[float], digits: int) -> str:
    return f"{median(values):,.{digits}f} ({min(values):,.{digits}f} … {max(values):,.{digits}f})"


if __name__ == "__main__":
    main()
