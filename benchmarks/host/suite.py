"""How fast the host feeds a GPU that costs nothing."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median

from benchmarks.host.one import CONTENDERS, LIMITS, make_files
from benchmarks.results import Suite, Table, grid, spread
from benchmarks.rounds import module, rounds

_LINES = 8_000


def measure(runs: int, lines: int = _LINES) -> Suite:
    """A list of so many ``lines``."""
    with tempfile.TemporaryDirectory() as folder:
        make_files(Path(folder), lines)
        commands = {name: module("benchmarks.host.one", name, folder) for name in CONTENDERS}
        title = "`pack` with a device that answers at once, and storing the files' own bytes"
        measured = rounds(commands, runs)
        return {"feeding": Table(title, "pictures", measured, references=LIMITS, facts={"lines": lines})}


def table(name: str, table: Table) -> str:
    """In Markdown."""
    rows = [
        [
            contender,
            spread(table.values(contender)),
            *(f"{_microseconds(table, contender, figure):.0f}" for figure in ("user_seconds", "system_seconds")),
            f"{median(table.against_reference(contender)):.2f}" if contender in LIMITS else "",
        ]
        for contender in table.runs
    ]
    head = ["", "pictures/s", "µs of interpreter and copies", "µs of the system", "of the bare loop"]
    return f"{table.heading}\n\n{grid(head, rows)}\n\n{_MEANING}"


def _microseconds(table: Table, contender: str, figure: str) -> float:
    return median(1e6 * run[figure] / run["items"] for run in table.runs[contender])


_MEANING = """\
No GPU can be fed faster than the first row by this host. The bare loops make the same system calls in one thread and
nothing else: they are what bounds it. Time of the interpreter is an upper bound of what its lock is held."""
