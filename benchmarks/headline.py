"""What README begins with, of the suite `pack`: the medians of a few contenders, a column a size of pictures."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from benchmarks.results import Suite, Table, grid

NAME = "headline"  # where documents would name a table


def headline(tables: Suite) -> str:
    """In Markdown. Raises LookupError where no table is of one size of pictures."""
    sizes = {name: table for name, table in tables.items() if name[0].isdigit()}
    if not sizes:
        raise LookupError("a headline is of the suite pack, whose tables are called after sizes of pictures")
    (first, *_) = sizes.values()
    *_, quick = (name for name in first.runs if name.startswith("ours") and "linear" not in name)
    rows = [[_called(name), *(_rate(table, name) for table in sizes.values())] for name in _chosen(first, quick)]
    times = [f"**{median(table.against_reference(quick)):.2f}**" for table in sizes.values()]
    rows.append([f"… times as quick as {first.reference}", *times])
    rounds = len(first.runs[quick])
    title = f"Pictures a second, JPEG to JPEG with a shorter edge of 256, medians of {rounds} rounds"
    return f"{title}:\n\n{grid(['', *sizes], rows)}"


def _chosen(table: Table, quick: str) -> Iterator[str]:
    """Ours with all cores, ours with im2rec's own bytes, and what im2rec.py does."""
    for name in table.runs:
        if name in (quick, table.reference) or "im2rec.py" in name or ("linear" in name and name.startswith("ours")):
            yield name


def _called(name: str) -> str:
    return f"gpu-im2rec{name.removeprefix('ours')}" if name.startswith("ours") else name


def _rate(table: Table, name: str) -> str:
    return f"{median(table.values(name)):,.0f}" if name in table.runs else ""
