"""`python -m benchmarks [--runs N] [--out FILE]`: ours and the baselines, interleaved, medians with spread.

Every measurement is a fresh process. Prints the tables, writes every figure as JSON.
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

from benchmarks import parts, turbojpeg_limit
from benchmarks.corpora import CORPORA, ensure
from benchmarks.machine import machine
from benchmarks.run_one import CONTENDERS, LIMIT

Runs = dict[str, list[dict[str, float]]]


def main() -> None:
    """Measure, print, write."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    arguments.add_argument("--runs", type=int, default=5, help="counted runs of each contender, after one warm-up")
    arguments.add_argument("--corpus", choices=[*CORPORA, "all"], default="all")
    arguments.add_argument("--out", type=Path, help="JSON file to write; default: benchmarks/results/HOST-DATE.json")
    chosen = arguments.parse_args()
    results = {"machine": machine(), "pack": {}, "parts": {}}
    for name in CORPORA if chosen.corpus == "all" else [chosen.corpus]:
        results["pack"][name] = _pack_suite(name, chosen.runs)
        print(_table(name, results["pack"][name]))
    results["parts"] = parts.measure_all(chosen.runs)
    for name, row in results["parts"].items():
        print(f"{name}: {row['median']:.4g} {row['unit']} ({row['min']:.4g} … {row['max']:.4g})")
    out = chosen.out or Path(__file__).parent / "results" / f"{platform.machine()}-{datetime.now(UTC):%Y%m%d}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(results, indent=1) + "\n")
    print(f"written: {out}")


def _pack_suite(corpus: str, runs: int) -> Runs:
    ensure(CORPORA[corpus])
    contenders = [*CONTENDERS, *([LIMIT] if turbojpeg_limit.available() else [])]
    measured: Runs = {contender: [] for contender in contenders}
    for number in range(runs + 1):  # the first warms caches up
        for contender in contenders:
            figures = _fresh(contender, corpus)
            if number:
                measured[contender].append(figures)
    return measured


def _fresh(contender: str, corpus: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.run_one", contender, corpus]
    figures: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return figures


def _table(corpus: str, measured: Runs) -> str:
    about = CORPORA[corpus]
    baseline = [run["seconds"] for run in measured["OpenCV, 2 processes"]]
    lines = [
        f"\n### {about.width}x{about.height}, {about.entries} pictures → shorter edge 256, JPEG 95\n",
        "| | images/s | ms of processor a picture | times OpenCV with 2 processes | peak MB |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for contender, runs in measured.items():
        rates = [run["images"] / run["seconds"] for run in runs]
        cpu = median(1000 * run["cpu_seconds"] / run["images"] for run in runs)
        ratio = median(other / run["seconds"] for other, run in zip(baseline, runs, strict=True))
        peak = f"{max(run['peak_mb'] for run in runs):.0f}" if runs[0]["peak_mb"] else ""
        spread = f"{median(rates):.0f} ({min(rates):.0f} … {max(rates):.0f})"
        lines.append(f"| {contender} | {spread} | {cpu:.2f} | {ratio:.2f} | {peak} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
