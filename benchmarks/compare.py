"""Two result files against each other: medians, spread, and a verdict only where the difference is more than noise.

A machine's speed changes from hour to hour, and all contenders' with it. So figures of time are compared as multiples
of the reference's, round by round; its own are the yardstick, on which no verdict is given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from scipy.stats import mannwhitneyu

from benchmarks import differences
from benchmarks.results import Table, grid, machines, read, spread

CHANCE = 0.01  # of a verdict where nothing has changed; five runs on each side are the fewest that can reach it
_HEAD = ("", "compared", "before", "after", "change", "verdict")


class Figure(NamedTuple):
    """What is said of a figure, and where it has grown, and where it has shrunk."""

    called: str
    grown: str
    shrunk: str
    timed: bool = False  # it goes with the machine's speed
    each: bool = False  # it is told for one item, in millionths
    fixed: bool = False  # it is the same in every run


FIGURES = {
    "rate": Figure("{unit}/s", "quicker", "**slower**", timed=True),
    "cpu_seconds": Figure("µs of processor each", "**more**", "less", timed=True, each=True),
    "user_seconds": Figure("µs of user time each", "**more**", "less", timed=True, each=True),
    "system_seconds": Figure("µs of the system each", "**more**", "less", timed=True, each=True),
    "start_seconds": Figure("s to start", "**slower**", "quicker", timed=True),
    "connect": Figure("s to connect", "**slower**", "quicker", timed=True),
    "first": Figure("s to the first word", "**slower**", "quicker", timed=True),
    "peak_mb": Figure("peak MB", "**more**", "less"),
    "picture_bytes": Figure("bytes a picture", "**more**", "less", fixed=True),
    "bytes": Figure("bytes", "**more**", "less", fixed=True),
    "resized_psnr": Figure("PSNR, resized", "better", "**worse**", fixed=True),
    "psnr": Figure("PSNR, stored", "better", "**worse**", fixed=True),
    "ssim": Figure("SSIM, stored", "better", "**worse**", fixed=True),
}


def compare(before: Path, after: Path) -> str:
    """In Markdown: the verdicts, what is not the same, and a table for each that both have. Raises BadResults."""
    old, new = read(before), read(after)
    both = [(suite, name) for suite in old if suite in new for name in old[suite] if name in new[suite]]
    tables, verdicts = [], Counter[str]()
    for suite, name in both:
        pair = old[suite][name], new[suite][name]
        rows = [*_rows(*pair)]
        verdicts.update(row[-1] for row in rows)
        told = [f"**{line}**" for line in (*differences.of_work(*pair), *differences.of_others(*pair))]
        tables.append("\n\n".join([f"### {suite}/{name}", *told, grid(_HEAD, rows)]))
    summary = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common())
    lacking = {"before": differences.only(old, new), "after": differences.only(new, old)}
    told = [f"**only {when}**: {'; '.join(names)}" for when, names in lacking.items() if names]
    told += differences.of_machines(machines(before), machines(after))
    return "\n\n".join([summary or "the two have no table in common", *told, *tables])


def _rows(old: Table, new: Table) -> Iterator[list[str]]:
    other_work = differences.of_work(old, new)
    for contender in (one for one in old.runs if one in new.runs):
        for name in FIGURES:
            if old.has(contender, name) and new.has(contender, name):
                what, before, after, told = _compared(old, new, contender, name)
                yield [contender, what, *_cells(before, after), "other work" if other_work else told]


def _compared(old: Table, new: Table, contender: str, name: str) -> tuple[str, list[float], list[float], str]:
    """What is compared, before, after, and the verdict, or why there is none."""
    figure, yardstick = FIGURES[name], _yardstick(old, new, contender, name)
    what = figure.called.format(unit=old.unit)
    before, after = (_values(table, contender, name) for table in (old, new))
    if {*old.values(contender, "items")} != {*new.values(contender, "items")}:
        return what, before, after, f"other number of {old.unit}"
    if not figure.timed:
        return what, before, after, verdict(before, after, figure)
    if yardstick in (None, contender):
        return what, before, after, "the yardstick" if yardstick else "no yardstick"
    before, after = (_times(table, contender, yardstick, name) for table in (old, new))
    return f"{what}, times {yardstick}", before, after, verdict(before, after, figure)


def _yardstick(old: Table, new: Table, contender: str, name: str) -> str | None:
    """What a figure of time is a multiple of: the reference in the newer file; itself where it is one of others alone.

    None where there is none, or where one of the two did not measure it.
    """
    reference = new.references.get(contender, new.reference)
    if reference is None and contender in new.references.values():
        return contender
    return reference if all(_measured(table, reference, name) for table in (old, new)) else None


def _measured(table: Table, contender: str | None, name: str) -> bool:
    return contender in table.runs and table.has(contender, name) and all(_values(table, contender, name))


def _values(table: Table, contender: str, name: str) -> list[float]:
    values = table.values(contender, name)
    if FIGURES[name].each:
        items = table.values(contender, "items")
        values = [1e6 * value / count for value, count in zip(values, items, strict=True)]
    return values


def _times(table: Table, contender: str, yardstick: str, name: str) -> list[float]:
    """How many times what the yardstick gave in the same round."""
    pairs = zip(_values(table, contender, name), _values(table, yardstick, name), strict=True)
    return [mine / length for mine, length in pairs]


def _cells(old: Sequence[float], new: Sequence[float]) -> list[str]:
    digits = 0 if median(old) >= 1000 else 1 if median(old) >= 10 else 3
    change = f"{median(new) / median(old) - 1:+.1%}" if median(old) else ""
    return [spread(old, digits), spread(new, digits), change]


def verdict(old: Sequence[float], new: Sequence[float], figure: Figure = FIGURES["rate"]) -> str:
    """In a word, by the rank test of Mann and Whitney where there is noise."""
    fixed = figure.fixed and len({*old}) == len({*new}) == 1
    if not fixed and min(len(old), len(new)) < 5:
        return "too few runs"
    if not fixed and mannwhitneyu(old, new, method="exact").pvalue >= CHANCE:
        return "within the noise"
    before, after = median(old), median(new)
    return "the same" if before == after else figure.grown if after > before else figure.shrunk
