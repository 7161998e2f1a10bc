"""What README begins with, of the suite `pack`: the medians of a few contenders, a column a size of pictures."""

from __future__ import annotations

import re
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
    *_, quick = _ours(first)
    rows = [[_called(name), *(_rate(table, name) for table in sizes.values())] for name in _chosen(first, quick)]
    times = [table.against_reference(quick) for table in sizes.values()]
    rows.append([f"… times as quick as {first.reference}", *(f"**{median(each):.2f}**" for each in times)])
    title = f"Pictures a second, JPEG to JPEG with a shorter edge of 256, medians of {len(times[0])} rounds"
    return f"{title}:\n\n{grid(['', *sizes], rows)}\n\n{_meaning(first, times)}\n{_bound([*sizes.values()])}"


def _meaning(table: Table, times: list[list[float]]) -> str:
    return f"**What it means.** On the same cores, {_range(times)} times as many pictures as {table.reference}."


def _bound(tables: list[Table]) -> str:
    """Decoding; with libjpeg-turbo's limit, where it was measured on as many cores as ours."""
    limits = {_count(name): name for name in tables[0].runs if "libjpeg-turbo" in name}
    pairs = [(name, limits[_count(name)]) for name in _ours(tables[0]) if _count(name) in limits]
    bound = "**What bounds it.** Decoding"
    if not pairs:
        return f"{bound}."
    ours, limit = pairs[-1]
    reached = _range([table.against(ours, limit) for table in tables])
    return f"{bound}: {_called(ours)}, reaches {reached} of libjpeg-turbo alone, which does not resize."


def _count(name: str) -> str:
    """Of workers, threads or cores: the last number of a name."""
    return "".join(re.findall(r"\d+", name)[-1:])


def _ours(table: Table) -> list[str]:
    """Those with the antialiased filter, the most workers last."""
    return [name for name in table.runs if name.startswith("ours") and "linear" not in name]


def _range(ratios: list[list[float]]) -> str:
    """The lowest and the highest median."""
    medians = sorted(map(median, ratios))
    return f"{medians[0]:.2f} to {medians[-1]:.2f}"


def _chosen(table: Table, quick: str) -> Iterator[str]:
    """Ours with all cores, ours with im2rec's own bytes, and what im2rec.py does."""
    for name in table.runs:
        if name in (quick, table.reference) or "im2rec.py" in name or ("linear" in name and name.startswith("ours")):
            yield name


def _called(name: str) -> str:
    return f"gpu-im2rec{name.removeprefix('ours')}" if name.startswith("ours") else name


def _rate(table: Table, name: str) -> str:
    return f"{median(table.values(name)):,.0f}" if name in table.runs else ""
