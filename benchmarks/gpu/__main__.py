"""`python -m benchmarks.gpu`: the tests marked gpu, then every contender in turn; a Markdown table and JSON.

Needs a CUDA device and no network. `--rehearse` runs all of it without a device, for the sake of this program only.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from statistics import median
from subprocess import PIPE, CompletedProcess

from benchmarks.corpora import CORPORA, ensure
from benchmarks.gpu.contenders import CONTENDERS, LOADS, ON_THE_CPU
from benchmarks.machine import machine
from gpu_im2rec.gpu import probe
from gpu_im2rec.machine import processor

PICTURES = {"small": 40_000, "middle": 6_000, "large": 1_000}  # a GPU needs more than the files that there are
CPU_SHARE = 10  # the CPU's contenders do a tenth of them
RUN_SECONDS, TESTS_SECONDS = 60, 200  # at most, lest one that hangs takes the time of all
GOALS = {
    "our pack against the ceiling": 0.9,
    "our pack against our CPU engine": 3.0,
    "our decoder against DALI's, at its best load": 2.0,
    "our pack, exact, pictures/s": 40_000,
    "our encoder, pictures/s of 341x256": 100_000,
    "our encoder against nvimgcodec.Encoder": 5.0,
    "our ImageRecordIter against DALI's own reader": 0.9,
}
OF_LARGE = {"our decoder against DALI's, at its best load": 1.5}  # pictures of 12 megapixels

Results = dict[str, dict[str, list[dict[str, float]]]]


def main() -> int:
    """Run the tests, measure, print, write."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    arguments.add_argument("--runs", type=int, default=3, help="counted runs of each contender, after one warm-up")
    arguments.add_argument("--corpora", nargs="+", choices=list(CORPORA), default=list(CORPORA))
    arguments.add_argument("--pictures", type=int, help="of each corpus; default: 40,000, 6,000 and 1,000")
    arguments.add_argument("--seconds", type=float, default=300, help="start no run after so many (default: 300)")
    arguments.add_argument("--no-tests", action="store_true")
    arguments.add_argument("--rehearse", action="store_true")
    arguments.add_argument("--out", type=Path, default=Path("gpu-results"), help="folder for gpu.json and gpu.md")
    chosen = arguments.parse_args()
    obstacle = probe.obstacle(probe.look(), 0)
    if obstacle and not chosen.rehearse:
        print(f"no measurement: {obstacle}", file=sys.stderr)
        return 1
    chosen.out.mkdir(parents=True, exist_ok=True)
    results: Results = {}
    machine = _machine()
    tests = "" if chosen.no_tests else _run_tests()
    write = partial(_written, results, chosen, machine, tests)
    write()
    _measure(results, chosen, write)
    print(write())
    return 0


def _written(results: Results, chosen: argparse.Namespace, machine: dict[str, object], tests: str) -> str:
    """The page of what there is so far, which is written beside the JSON of it."""
    rehearsal = "**A rehearsal without a GPU: these figures mean nothing.**\n\n" if chosen.rehearse else ""
    page = rehearsal + _page(results, tests)
    document = {"rehearsal": chosen.rehearse, "machine": machine, "tests": tests, "results": results}
    (chosen.out / "gpu.json").write_text(json.dumps(document, indent=1) + "\n")
    (chosen.out / "gpu.md").write_text(page)
    return page


def _run_tests() -> str:
    """The last line of what pytest says."""
    said = _said([sys.executable, "-m", "pytest", "-q", "-m", "gpu", "tests", "-p", "no:cacheprovider"], TESTS_SECONDS)
    print(said.stdout[-6000:])
    return said.stdout.strip().splitlines()[-1] if said.stdout.strip() else said.stderr[-500:]


def _said(command: list[str], seconds: float) -> CompletedProcess[str]:
    """What a program says; exit code -1, and what it said until then, where it takes longer. Its children end, too."""
    program = subprocess.Popen(command, stdout=PIPE, stderr=PIPE, text=True, start_new_session=True)
    try:
        out, err = program.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(program.pid, signal.SIGKILL)
        out, err = program.communicate()
        return CompletedProcess(command, -1, out, f"{err}\nended after {seconds} seconds")
    return CompletedProcess(command, program.returncode, out, err)


def _measure(results: Results, chosen: argparse.Namespace, write: Callable[[], str]) -> None:
    """Contenders take turns within a round; the first round is not counted. One that fails is not tried again.

    ``write`` is called after each run that counts.
    """
    started, failed = time.monotonic(), set[tuple[str, str]]()
    for corpus in chosen.corpora:
        ensure(CORPORA[corpus])
        results[corpus] = {name: [] for name in CONTENDERS}
    for number in range(chosen.runs + 1):
        for corpus in chosen.corpora:
            for name, measured in results[corpus].items():
                late = time.monotonic() - started > chosen.seconds
                if late or (name == "stages" and number) or (corpus, name) in failed:
                    continue
                pictures = chosen.pictures or PICTURES[corpus]
                figures = _fresh(name, corpus, pictures // CPU_SHARE if name in ON_THE_CPU else pictures, chosen)
                if not figures["images"]:
                    failed.add((corpus, name))
                if number or name == "stages":
                    measured.append(figures)
                    write()


def _fresh(name: str, corpus: str, pictures: int, chosen: argparse.Namespace) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.gpu.contenders", name, corpus, str(max(1, pictures))]
    done = _said(command + ["--rehearse"] * chosen.rehearse, RUN_SECONDS)
    if done.returncode:
        print(f"{name}, {corpus}: {done.stderr[-1500:]}", file=sys.stderr)
        return {"images": 0, "seconds": 1.0, "cpu_seconds": 0.0}
    figures: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    print(f"{corpus}, {name}: {figures['images'] / figures['seconds']:,.0f} pictures/s", file=sys.stderr, flush=True)
    return figures


def _page(results: Results, tests: str) -> str:
    gpus = ", ".join(gpu.name for gpu in probe.look().gpus) or "no GPU"
    lines = [f"{gpus}; {processor()}, {os.cpu_count()} cores. Pictures a second, median (lowest … highest).\n"]
    lines += [f"Tests marked gpu: {tests}\n"] if tests else []
    for corpus, contenders in results.items():
        about = CORPORA[corpus]
        lines += [f"### {about.width}x{about.height}\n", "| | pictures/s |", "| --- | ---: |"]
        lines += [f"| {name} | {_rate(runs)} |" for name, runs in contenders.items() if name != "stages"]
        lines += ["", *_ratios(contenders, corpus), *_busy(contenders), ""]
    return "\n".join(lines) + "\n"


def _rate(runs: list[dict[str, float]]) -> str:
    rates = [run["images"] / run["seconds"] for run in runs]
    if not rates or not max(rates):
        return "not measured"
    return f"{median(rates):,.0f} ({min(rates):,.0f} … {max(rates):,.0f})"


def _ratios(contenders: dict[str, list[dict[str, float]]], corpus: str) -> list[str]:
    rate = {name: median(run["images"] / run["seconds"] for run in runs) for name, runs in contenders.items() if runs}
    ours, encoder = rate.get("our pack", 0.0), rate.get("our encoder alone", 0.0)
    found = {
        "our pack against the ceiling": ours / max(rate.get("decode and resize only (the ceiling)", 0), 1e-9),
        "our pack against our CPU engine": ours / max(rate.get("our CPU engine, all cores", 0), 1e-9),
        "our decoder against DALI's, at its best load": (
            rate.get("our decoder alone", 0.0)
            / max([1e-9, *(rate.get(f"DALI's decoder alone, load {load}", 0.0) for load in LOADS)])
        ),
        "our pack, exact, pictures/s": rate.get("our pack, exact", 0.0),
        "our encoder, pictures/s of 341x256": encoder,
        "our encoder against nvimgcodec.Encoder": encoder / max(rate.get("nvimgcodec.Encoder alone", 0), 1e-9),
        "our ImageRecordIter against DALI's own reader": (
            rate.get("our ImageRecordIter", 0.0) / max(rate.get("DALI's own reader", 0), 1e-9)
        ),
    }
    lines = ["| | measured | goal |", "| --- | ---: | ---: |"]
    for name, value in found.items():
        if corpus == "small" or not re.search("encoder|pictures/s", name):
            goal = OF_LARGE.get(name, GOALS[name]) if corpus == "large" else GOALS[name]
            lines.append(f"| {name} | {value:,.2f} | {goal:,} |")
    return lines


def _busy(contenders: dict[str, list[dict[str, float]]]) -> list[str]:
    """How busy each stage is while all work together: the pack's rate against the stage's own."""
    if not contenders["stages"] or "stages" not in contenders["stages"][0]:
        return []
    report = contenders["stages"][0]
    together, stages = report["together"], report["stages"]
    lines = ["", "| stage | alone, pictures/s | busy in the pack |", "| --- | ---: | ---: |"]
    lines += [f"| {name} | {rate:,.0f} | {together / rate:.0%} |" for name, rate in stages.items()]  # type: ignore[attr-defined]
    return [*lines, "", f"Bottleneck: {report['bottleneck']}."]


def _machine() -> dict[str, object]:
    facts = probe.look()
    gpus = [asdict(gpu) for gpu in facts.gpus]
    return machine() | {"gpus": gpus, "driver": facts.driver, "jpeg hardware": probe.jpeg_hardware()}


if __name__ == "__main__":
    sys.exit(main())
