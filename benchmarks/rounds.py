"""Contenders take turns, each run is a fresh process, and the first round only warms up what is to be warm."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence

from benchmarks.results import Figures, Runs

OURS = ("gpu_im2rec", "cpu_fallback", "benchmarks")  # packages that are always there: one that is not found is an error


class Missing(Exception):
    """What a contender needs is not installed."""


def module(name: str, *arguments: object) -> list[str]:
    """The command that runs a module with this Python."""
    return [sys.executable, "-m", name, *map(str, arguments)]


def rounds(commands: Mapping[str, Sequence[str]], count: int) -> Runs:
    """The figures of ``count`` rounds of ``commands``, which print them as the last line of their output, as JSON.

    Contenders of which something is not installed are named on standard error, and left out.
    """
    measured: Runs = {}
    for contender, command in commands.items():
        try:
            figures = fresh(command)
        except Missing as error:
            print(f"  {contender} is left out: {error}", file=sys.stderr)
            continue
        measured[contender] = []
        print(f"  {contender}: {figures['items'] / figures['seconds']:,.1f} a second", file=sys.stderr, flush=True)
    for _ in range(count):
        for contender, runs in measured.items():
            runs.append(fresh(commands[contender]))
    return measured


def fresh(command: Sequence[str]) -> Figures:
    """The figures of one run. Raises Missing; ends the program where it fails otherwise."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:  # the Python of an environment that was not made
        raise Missing(str(error)) from None
    if done.returncode:
        if _is_missing(said := done.stderr.strip().rpartition("\n")[2]):
            raise Missing(said)
        raise SystemExit(f"{' '.join(command)}:\n{done.stderr}")
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def _is_missing(error: str) -> bool:
    """Whether what ended a program is that something is not installed."""
    module = re.search(r"No module named '(\w+)", error)
    return "ModuleNotFoundError" in error and not (module and module[1] in OURS)
