"""What a Ray cluster costs, beside one process on the same cores, and what a second machine gives."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.cluster.contenders import CONTENDERS, START, TOGETHER
from benchmarks.results import Figures, Suite, Table, grid, spread
from benchmarks.rounds import module, rounds

_PICTURES, _SHARDS = 10_000, 16
_AGAINST = {
    "Ray, one machine of two cores": "one process, two cores",
    "Ray, one machine of two cores, 1920x1280": "one process, two cores, 1920x1280",
    TOGETHER: "one process, one core",
    "Ray, two machines of one core": "Ray, one machine of one core",
}


def measure(runs: int, pictures: int = _PICTURES, shards: int = _SHARDS) -> Suite:
    """So many ``pictures`` in so many ``shards``."""
    names = [*CONTENDERS, TOGETHER, START]
    commands = {name: module("benchmarks.cluster.one", name, pictures, shards) for name in names}
    facts = {"pictures": pictures, "shards": shards, "times": {name: one.times for name, one in CONTENDERS.items()}}
    title = f"{pictures:,} pictures in {shards} shards; of machines with one core, twice as many"
    return {"ray": Table(title, "images", rounds(commands, runs), references=_AGAINST, facts=facts)}


def table(name: str, table: Table) -> str:
    """In Markdown."""
    rows = [
        [
            contender,
            spread(table.values(contender)) if contender != START else "",
            spread(table.values(contender, "seconds"), 1),
            spread(table.values(contender, "first"), 1),
            *_ratios(table, contender),
        ]
        for contender in table.runs
    ]
    head = ["", "images/s", "whole run, s", "to a task's first word, s", "times its base", "… from the first word on"]
    return f"{table.heading}\n\n{grid(head, rows)}\n\n{_MEANING}"


def _ratios(table: Table, contender: str) -> list[str]:
    """How many times as quick as what it is compared with: the whole run, and the work alone."""
    base = table.reference_of(contender)
    if base is None:
        return ["", ""]
    return [spread(table.against_reference(contender), 2), spread(_working(table.runs[contender], table.runs[base]), 2)]


def _working(runs: Sequence[Figures], others: Sequence[Figures]) -> list[float]:
    pairs = zip(runs, others, strict=True)
    return [_rate(run) / _rate(other) for run, other in pairs]


def _rate(run: Figures) -> float:
    return run["items"] / (run["seconds"] - run["first"])


_MEANING = """\
The base of Ray on one machine is one process on the same cores, that of two machines is one of them. What Ray costs is
processes of Python that have to start, once for a cluster's machine, and next to nothing afterwards; two machines are
bounded by that, and by the driver and Ray's own processes, which work on the same cores."""
