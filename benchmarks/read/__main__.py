"""`python -m benchmarks.read [--runs N] [--out FILE]`: batches for training out of record files, ours and others'.

Every measurement is a fresh process; contenders take turns. Prints the tables, writes every figure as JSON.
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
from benchmarks.read.one import ACCESS, LEVELS, LIMIT, MXNET, OURS, OURS_LEVELS, READERS, RESIZING
from benchmarks.read.sources import RANDOM_ACCESS, SOURCES

_MXNET = Path(sys.executable).parent.parent / "mxnet" / "bin" / "python"  # where the Makefile puts it
_NEARLY = 0.02  # by what the means of normalised batches may differ: a crop may lie half a pixel elsewhere

Runs = dict[str, list[dict[str, float]]]


def main() -> None:
    """Measure, print, write."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.read", description=__doc__)
    arguments.add_argument("--runs", type=int, default=5, help="counted runs of each contender, after one warm-up")
    arguments.add_argument("--only", choices=[*SOURCES, *RANDOM_ACCESS], help="one table")
    arguments.add_argument("--out", type=Path, help="JSON file to write; default: benchmarks/results/read-….json")
    chosen = arguments.parse_args()
    results: dict[str, object] = {"machine": machine()}
    for name in [chosen.only] if chosen.only else [*SOURCES, *RANDOM_ACCESS]:
        if name in SOURCES:
            resizing = bool(SOURCES[name].ensure().resize)
            runs = _rounds(
                [reader for reader in (*READERS, MXNET) if reader in RESIZING or not resizing], name, chosen.runs
            )
            _check_means(runs)
            print(_reading_table(name, runs), flush=True)
        else:
            RANDOM_ACCESS[name].ensure()
            runs = _rounds([*ACCESS], name, chosen.runs)
            print(_access_table(name, runs), flush=True)
        results[name] = runs
    default = Path(__file__).parents[1] / "results" / f"read-{platform.machine()}-{datetime.now(UTC):%Y-%m-%d}.json"
    out = chosen.out or default
    out.write_text(json.dumps(results, indent=1) + "\n")
    print(f"written: {out}")


def _rounds(contenders: list[str], source: str, runs: int) -> Runs:
    """The figures of ``runs`` rounds; contenders whose packages are missing are named and left out."""
    measured: Runs = {}
    for contender in contenders:  # a round that only warms caches up
        if _fresh(contender, source):
            measured[contender] = []
        else:
            print(f"{contender} is not installed", file=sys.stderr)
    for _ in range(runs):
        for contender, figures in measured.items():
            figures.append(_fresh(contender, source))
    return measured


def _fresh(contender: str, source: str) -> dict[str, float]:
    """The figures of one run; none where a package is missing."""
    command = [sys.executable, "-m", "benchmarks.read.one", contender, source]
    if contender == MXNET:
        if not _MXNET.exists():
            return {}
        about = SOURCES[source]
        command = [
            str(_MXNET),
            "-m",
            "benchmarks.read.mxnet_reader",
            str(about.rec),
            str(about.resize),
            str(about.epochs),
        ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "ModuleNotFoundError" in done.stderr:
        return {}
    if done.returncode:
        raise SystemExit(f"{contender}, {source}:\n{done.stderr}")
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _check_means(measured: Runs) -> None:
    """All must have read the same pictures and normalised them alike."""
    for contender, runs in measured.items():
        if contender not in (LIMIT, *LEVELS):
            difference = abs(runs[0]["mean"] - measured[OURS][0]["mean"])
            assert difference < _NEARLY, f"{contender} reads other numbers: the mean differs by {difference:.3f}"


def _reading_table(name: str, measured: Runs) -> str:
    lines = [
        f"\n### {name}\n",
        "| | pictures/s | ms of processor a picture | peak MB | ours against it |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for contender, runs in measured.items():
        cpu = median(1000 * run["cpu_seconds"] / run["images"] for run in runs)
        peak = max(run["peak_mb"] for run in runs)
        mine = measured[OURS_LEVELS if contender in LEVELS else OURS]
        ratio = median(_rate(my, "images") / _rate(run, "images") for my, run in zip(mine, runs, strict=True))
        lines.append(f"| {contender} | {_spread(runs, 'images')} | {cpu:.2f} | {peak:,.0f} | {ratio:.2f} |")
    return "\n".join(lines)


def _access_table(name: str, measured: Runs) -> str:
    lines = [f"\n### {name}, at random\n", "| | records/s | µs of processor a record |", "| --- | ---: | ---: |"]
    for contender, runs in measured.items():
        cpu = median(1e6 * run["cpu_seconds"] / run["items"] for run in runs)
        lines.append(f"| {contender} | {_spread(runs, 'items')} | {cpu:.1f} |")
    return "\n".join(lines)


def _spread(runs: list[dict[str, float]], unit: str) -> str:
    rates = [_rate(run, unit) for run in runs]
    return f"{median(rates):,.0f} ({min(rates):,.0f} … {max(rates):,.0f})"


def _rate(run: dict[str, float], unit: str) -> float:
    return run[unit] / run["seconds"]


if __name__ == "__main__":
    main()
