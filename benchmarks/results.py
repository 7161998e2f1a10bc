"""Result files: what was measured, on what, with every single run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from math import isfinite
from pathlib import Path
from statistics import median
from typing import Any

FOLDER = Path(__file__).parent / "results"

Figures = dict[str, float]  # of one run
Runs = dict[str, list[Figures]]  # by contender, one for each round, in the order of the rounds


@dataclass(frozen=True, slots=True)
class Table:
    """Contenders that did the same, in turn.

    A run's figures are ``items`` done in ``seconds``, and what else the suite measures.
    """

    title: str
    unit: str  # of the items, such as "images"
    runs: Runs
    reference: str | None = None  # the contender that others are compared with
    facts: dict[str, Any] = field(default_factory=dict)  # of what was done: how many, which size
    references: dict[str, str] = field(default_factory=dict)  # of those that are compared with another one
    exact: bool = False  # every run gives the same figures, and so there is one

    @property
    def heading(self) -> str:
        """The title, with how often it was measured, and a capital letter."""
        rounds = max(map(len, self.runs.values()), default=0)
        often = "" if self.exact else "; one round" if rounds == 1 else f"; medians of {rounds} rounds"
        return f"{self.title[:1].upper()}{self.title[1:]}{often}:"

    def values(self, contender: str, figure: str = "rate") -> list[float]:
        """One figure of every run; ``rate``: items a second."""
        return [run["items"] / run["seconds"] if figure == "rate" else run[figure] for run in self.runs[contender]]

    def has(self, contender: str, figure: str) -> bool:
        """Whether it was measured, in every run."""
        needed = {"items", "seconds"} if figure == "rate" else {figure}
        return all(needed <= run.keys() for run in self.runs[contender])

    def reference_of(self, contender: str) -> str | None:
        """What it is compared with, which may be itself; None where there is nothing, or nothing was measured."""
        name = self.references.get(contender, self.reference)
        return name if name in self.runs else None

    def against_reference(self, contender: str) -> list[float]:
        """How many times as quick as its reference, in each round; empty where it has none."""
        reference = self.reference_of(contender)
        return [] if reference is None else self.against(contender, reference)

    def against(self, contender: str, other: str) -> list[float]:
        """How many times as quick as the other, in each round."""
        pairs = zip(self.values(contender), self.values(other), strict=True)
        return [mine / theirs for mine, theirs in pairs]


Suite = dict[str, Table]  # by the name that documents call a table


def spread(values: Sequence[float], digits: int = 0) -> str:
    """Median (lowest … highest); of a single run its figure alone."""
    if len(values) == 1:
        return f"{values[0]:,.{digits}f}"
    return f"{median(values):,.{digits}f} ({min(values):,.{digits}f} … {max(values):,.{digits}f})"


def grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table: the first column to the left, figures to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("|" + "".join(f" {cell} |" if cell else " |" for cell in cells) for cells in lines)


class BadResults(Exception):
    """A result file that is not there, or not one, or of which no ratios can be made. The message names it."""


def add(path: Path, name: str, suite: Suite, machine: dict[str, Any]) -> None:
    """Put a suite's tables into the result file at ``path``, in the place of those that it has of this suite."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    content[name] = {"machine": machine, "tables": {key: asdict(table) for key, table in suite.items()}}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read(path: Path) -> dict[str, Suite]:
    """The suites of a result file. Raises BadResults."""
    return {name: suite for name, (suite, _) in _content(path).items()}


def machines(path: Path) -> dict[str, dict[str, Any]]:
    """What each suite of a result file was measured on. Raises BadResults."""
    return {name: machine for name, (_, machine) in _content(path).items()}


def _content(path: Path) -> dict[str, tuple[Suite, dict[str, Any]]]:
    """Tables and machine of each suite."""
    try:
        return {
            name: (
                {key: _table(f"{name}/{key}", table) for key, table in suite["tables"].items()},
                dict(suite["machine"]),
            )
            for name, suite in json.loads(path.read_text(encoding="utf-8")).items()
        }
    except OSError as error:
        raise BadResults(f"{path}: {error.strerror}") from None
    except BadResults as error:
        raise BadResults(f"{path}: {error}") from None
    except ValueError as error:
        raise BadResults(f"{path} is no result file: {error}") from None
    except (AttributeError, KeyError, TypeError):
        raise BadResults(f"{path} is no result file of `benchmarks run`") from None


def _table(name: str, content: dict[str, Any]) -> Table:
    """As many runs of each contender, and in each run something was done, which took time."""
    table = Table(**content)
    rounds = {contender: len(runs) for contender, runs in table.runs.items()}
    if 0 in rounds.values() or len({*rounds.values()}) > 1:
        told = ", ".join(f"{contender}: {count}" for contender, count in rounds.items())
        raise BadResults(f"{name} has not as many runs of each contender: {told}")
    for contender, runs in table.runs.items():
        for run in runs:
            if not all(map(isfinite, run.values())) or min(run["items"], run.get("seconds", 1)) <= 0:
                raise BadResults(f"{name} has a run of {contender} that cannot be: {run}")
    return table
