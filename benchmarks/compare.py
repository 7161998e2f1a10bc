"""Two result files against each other: medians, spread, and a verdict only where the difference is more than noise.

A machine's speed changes from hour to hour, and all contenders' with it. So where a contender has a reference, what is
compared is how many times as quick as it the contender was, round by round; else the rates themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from scipy.stats import mannwhitneyu

from benchmarks.results import Table, grid, machines, read, spread

CHANCE = 0.01  # of a verdict where nothing has changed; five runs on each side are the fewest that can reach it
_FACTS = ("processor", "cores", "gpus")
_HEAD = ("", "compared", "before", "after", "change", "verdict")

_WORDS = {  # of what is compared: when it has grown, when it has shrunk
    "rate": ("quicker", "**slower**"),
    "peak_mb": ("**more**", "less"),
    "bytes": ("**more**", "less"),
    "resized_psnr": ("better", "**worse**"),
    "psnr": ("better", "**worse**"),
    "ssim": ("better", "**worse**"),
}
_CALLED = {"peak_mb": "peak MB", "resized_psnr": "PSNR, resized", "psnr": "PSNR, stored", "ssim": "SSIM, stored"}


def compare(before: Path, after: Path) -> str:
    """A Markdown table for each table that both have, and above them the verdicts, and how the machines differ."""
    old, new = read(before), read(after)
    tables, verdicts = [], Counter[str]()
    for suite in old:
        for name, table in old[suite].items():
            if (other := new.get(suite, {}).get(name)) and (rows := [*_rows(table, other)]):
                tables.append(f"### {suite}/{name}\n\n{grid(_HEAD, rows)}")
                verdicts.update(row[-1] for row in rows)
    if not tables:
        return "the two have no table in common"
    summary = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common())
    return "\n\n".join([summary, *_differences(before, after), *tables])


def _differences(before: Path, after: Path) -> Iterator[str]:
    theirs = machines(after)
    for suite, machine in machines(before).items():
        for fact in _FACTS:
            if suite in theirs and machine.get(fact) != theirs[suite].get(fact):
                yield f"**{suite}: {fact} differs**: {machine.get(fact)}, then {theirs[suite].get(fact)}"


def _rows(old: Table, new: Table) -> Iterator[list[str]]:
    for contender in old.runs:
        for figure, words in _WORDS.items():
            if all(contender in table.runs and table.has(contender, figure) for table in (old, new)):
                what, before, after = _values(old, new, contender, figure)
                told = _changed(before, after, words) if old.exact and new.exact else verdict(before, after, words)
                yield [contender, what, *_cells(before, after), told]


def _values(old: Table, new: Table, contender: str, figure: str) -> tuple[str, list[float], list[float]]:
    """What is compared, before, after."""
    reference = old.reference_of(contender)
    if figure == "rate" and reference not in (None, contender) and reference == new.reference_of(contender):
        return f"times {reference}", old.against_reference(contender), new.against_reference(contender)
    what = f"{old.unit}/s" if figure == "rate" else _CALLED.get(figure, figure)
    return what, old.values(contender, figure), new.values(contender, figure)


def _cells(old: Sequence[float], new: Sequence[float]) -> list[str]:
    digits = 0 if median(old) >= 1000 else 1 if median(old) >= 10 else 3
    change = f"{median(new) / median(old) - 1:+.1%}" if median(old) else ""
    return [spread(old, digits), spread(new, digits), change]


def verdict(old: Sequence[float], new: Sequence[float], words: tuple[str, str] = _WORDS["rate"]) -> str:
    """In a word, by the rank test of Mann and Whitney."""
    if min(len(old), len(new)) < 5:
        return "too few runs"
    if mannwhitneyu(old, new, method="exact").pvalue >= CHANCE:
        return "within the noise"
    return words[median(new) < median(old)]


def _changed(old: Sequence[float], new: Sequence[float], words: tuple[str, str]) -> str:
    """Where there is no noise."""
    return "the same" if old[0] == new[0] else words[new[0] < old[0]]
