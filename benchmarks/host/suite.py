"""How fast the host feeds a GPU that costs nothing."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median

from benchmarks.host import parsing
from benchmarks.host.one import CONTENDERS, LIMITS, make_files
from benchmarks.results import Suite, Table, grid, spread
from benchmarks.rounds import module, rounds

PARSING = "parsing"  # a table's name
_LINES = 8_000


def measure(runs: int, lines: int = _LINES) -> Suite:
    """A list of so many ``lines``."""
    with tempfile.TemporaryDirectory() as folder:
        make_files(Path(folder), lines)
        commands = {name: module("benchmarks.host.one", name, folder) for name in CONTENDERS}
        title = "`pack` with a device that answers at once, and storing the files' own bytes"
        measured = rounds(commands, runs)
    commands = {name: module("benchmarks.host.parsing", name) for name in parsing.CONTENDERS}
    exact = Table("The exact engine's host: parse and feed", "pictures", rounds(commands, runs))
    feeding = Table(title, "pictures", measured, references=LIMITS, facts={"lines": lines})
    return {"feeding": feeding, PARSING: exact}


def table(name: str, table: Table) -> str:
    """In Markdown."""
    if name == PARSING:
        return _parsing(table)
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


def _parsing(table: Table) -> str:
    rows = [
        [contender, f"{median(values):.0f} ({min(values):.0f} … {max(values):.0f})"]
        for contender in table.runs
        if (values := [1e6 * run["seconds"] / run["items"] for run in table.runs[contender]])
    ]
    return f"{table.heading}\n\n{grid(['', 'µs a picture'], rows)}\n\n{_OF_PARSING}"


_OF_PARSING = """\
With kernels that cost nothing, and without the copy of the coded data, for which the interpreter's lock is not held.
What bounds it is the interpreter: a header that was seen before is looked up by its bytes, a new one is read table by
table. Sizes that no other picture of a list has are rare, but for lists of cut-out parts."""
_MEANING = """\
No GPU can be fed faster than the first row by this host. The bare loops make the same system calls in one thread and
nothing else: they are what bounds it. Time of the interpreter is an upper bound of what its lock is held."""
