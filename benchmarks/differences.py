"""What is not the same in two result files besides the figures: what was measured, of what, with what, on what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.results import Suite, Table

_OF_THE_MOMENT = ("date", "load")  # facts of a machine that always differ
_OF_OTHERS = ("left out", "versions")  # facts of a table that do not say what was done

Facts = Mapping[str, Any]


def only(these: Mapping[str, Suite], others: Mapping[str, Suite]) -> list[str]:
    """The suites, tables, contenders and figures that the others lack; of what is lacking as a whole, no parts."""
    there = {*_names(others)}
    return [" / ".join(name) for name in _names(these) if name not in there and name[:-1] in there]


def _names(suites: Mapping[str, Suite]) -> Iterator[tuple[str, ...]]:
    yield ()
    for suite, tables in suites.items():
        yield (suite,)
        for name, table in tables.items():
            yield suite, name
            for contender, (run, *_) in table.runs.items():
                yield suite, name, contender
                yield from ((suite, name, contender, figure) for figure in run)


def of_machines(old: Mapping[str, Facts], new: Mapping[str, Facts]) -> list[str]:
    """A line for each fact that differs, with the suites of which it does."""
    suites: dict[str, list[str]] = {}
    for suite in (suite for suite in old if suite in new):
        for line in _changes(_flat(old[suite]), _flat(new[suite])):
            suites.setdefault(line, []).append(suite)
    return [f"**{', '.join(names)}**: {line}" for line, names in suites.items()]


def _flat(machine: Facts) -> Facts:
    """The version of each package is a fact of its own."""
    facts = {fact: value for fact, value in machine.items() if fact not in (*_OF_THE_MOMENT, "packages")}
    return {**facts, **machine.get("packages", {})}


def of_work(old: Table, new: Table) -> list[str]:
    """A line for each difference in what was done: the figures of such tables say nothing about each other."""
    return _changes(*map(_work, (old, new)))


def _work(table: Table) -> Facts:
    facts = {fact: value for fact, value in table.facts.items() if fact not in _OF_OTHERS}
    return {"title": table.title, "unit": table.unit, **facts}


def of_others(old: Table, new: Table) -> list[str]:
    """A line where packages differ that others have in environments of their own."""
    return _changes(*({"versions": table.facts.get("versions", "not known")} for table in (old, new)))


def _changes(old: Facts, new: Facts) -> list[str]:
    """Of what either of them has."""
    facts = {fact: (old.get(fact, "not known"), new.get(fact, "not known")) for fact in {**old, **new}}
    return [f"{fact} differs: {before}, then {after}" for fact, (before, after) in facts.items() if before != after]
