"""Lists of a thousand entries to a million: whether time is linear, and memory flat."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median

from PIL import Image

from benchmarks.measuring import scratch
from benchmarks.results import Suite, Table, grid, spread
from benchmarks.rounds import module, rounds
from benchmarks.scale.bare import BARE
from benchmarks.scale.one import PICTURE, make_list

_ENTRIES = (1_000, 10_000, 100_000, 1_000_000)
_TITLES = {
    "pack": "`pack --pass-through` of tiny pictures, all in the page cache",
    "list": "The list alone, read to its end",
}


def measure(runs: int, entries: Sequence[int] = _ENTRIES) -> Suite:
    """Both, with lists of so many ``entries``."""
    with scratch() as name:
        folder = Path(name)
        Image.linear_gradient("L").resize((32, 24)).convert("RGB").save(folder / PICTURE)
        for each in entries:
            make_list(folder, each)
        return {what: _measured(what, folder, entries, runs) for what in _TITLES}


def _measured(what: str, folder: Path, entries: Sequence[int], runs: int) -> Table:
    commands = {f"{each:,} entries": module("benchmarks.scale.one", what, folder, each) for each in entries}
    commands[BARE] = module("benchmarks.scale.bare", what, folder, max(entries))
    return Table(_TITLES[what], "entries", rounds(commands, runs), reference=BARE)


def table(name: str, table: Table) -> str:
    """In Markdown; older results have no bare loop."""
    first = next(iter(table.runs))
    rows = [
        [
            contender,
            spread(table.values(contender, "seconds"), 2),
            spread([1e6 / rate for rate in table.values(contender)], 1 if name == "pack" else 2),
            f"{median(table.against(contender, first)):.2f}",
            spread(table.values(contender, "peak_mb")),
        ]
        for contender in table.runs
    ]
    head = ["", "seconds", "µs an entry", "times the first row's rate", "peak MB"]
    return f"{table.heading}\n\n{grid(head, rows)}\n\n{_MEANING[name]}{_BARE if BARE in table.runs else ''}"


_MEANING = {
    "pack": """\
Time is linear where the µs an entry stay what they are, and memory is flat where the last column does. Short lists
cost more an entry, for threads that start and the disk that is waited for at the end; in long ones, what bounds the
run is the interpreter, which hands over each entry, and the system calls that open and read each file.""",
    "list": """\
The list's share of that; it is bounded by the interpreter, which makes an entry of each line.""",
}
_BARE = """
The bare loop does the same with the longest list, one line after the other, and nothing else."""
