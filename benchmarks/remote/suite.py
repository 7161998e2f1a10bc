"""Pictures a second from a storage that takes its time, by the number of threads."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.remote.one import BOTOCORE, MILLISECONDS, WAYS
from benchmarks.results import Suite, Table, grid, spread
from benchmarks.rounds import module, rounds

_THREADS = (8, 32, 64, 128)
_PICTURES = 6_000  # of a run; a quarter by the slowest way


def measure(runs: int, threads: Sequence[int] = _THREADS, pictures: int = _PICTURES) -> Suite:
    """Every way with so many ``threads`` each, and as many ``pictures`` a run."""
    commands = {
        _named(way, many): module("benchmarks.remote.one", way, many, pictures // 4 if way == BOTOCORE else pictures)
        for many in threads
        for way in WAYS
    }
    references = {_named(way, many): _named(BOTOCORE, many) for many in threads for way in WAYS}
    title = f"Pictures a second from a server on the same cores that answers after {MILLISECONDS} ms"
    measured, facts = rounds(commands, runs), {"milliseconds": MILLISECONDS, "threads": [*threads]}
    return {"reading": Table(title, "pictures", measured, references=references, facts=facts)}


def table(name: str, table: Table) -> str:
    """In Markdown: a row for each number of threads, and what they all cost."""
    ways = [way for way in WAYS if any(contender.startswith(f"{way}, ") for contender in table.runs)]
    rows = [[f"{many}", *(spread(table.values(_named(way, many))) for way in ways)] for many in table.facts["threads"]]
    costs = [_costs(table, way) for way in ways]
    rows.append(["ms of processor a picture", *(spread([cost for cost, _ in each], 2) for each in costs)])
    rows.append(["peak MB of the reader", *(spread([peak for _, peak in each]) for each in costs)])
    head = ["`--read-threads`", *(_CALLED[way] for way in ways)]
    return f"{table.heading}\n\n{grid(head, rows)}\n\n{_meaning(table)}"


def _costs(table: Table, way: str) -> list[tuple[float, float]]:
    """Milliseconds of processor a picture and peak memory of each run."""
    runs = [run for many in table.facts["threads"] for run in table.runs[_named(way, many)]]
    return [(1000 * run["cpu_seconds"] / run["items"], run["peak_mb"]) for run in runs]


def _meaning(table: Table) -> str:
    milliseconds, (fewest, *_) = table.facts["milliseconds"], table.facts["threads"]
    return f"""\
More threads hide the time that a storage takes to answer, until something else bounds them: {fewest} have at most
{fewest} / {milliseconds} ms = {fewest * 1000 / milliseconds:,.0f} pictures a second.
Many are bounded by the processor time of each request, which botocore and the web's aiohttp spend in one thread,
whatever the number of cores, and by the server, which takes its share of the same cores."""


def _named(way: str, threads: int) -> str:
    return f"{way}, {threads} threads"


_CALLED = {way: f"`{way.partition(',')[0]}`{' without obstore' if way == BOTOCORE else ''}" for way in WAYS}
