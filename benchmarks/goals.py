"""What was to be reached, and what was: told from the result files, suite by suite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

from benchmarks.pack.contenders import LIMIT, OURS
from benchmarks.read import one as reading
from benchmarks.results import Suite, Table, grid
from benchmarks.scale.bare import BARE

NAME = "goals"  # where documents would name a table


@dataclass(frozen=True, slots=True)
class Goal:
    """Of what, what was to be reached, and what was; ``reached`` is None where it was not measured."""

    of: str
    wanted: str
    found: str
    reached: bool | None


def told(suite: str, tables: Suite) -> str:
    """The goals of a suite in Markdown. Raises LookupError where it has none."""
    if suite not in _GOALS:
        raise LookupError(f"the suite {suite} has no goals; {', '.join(_GOALS)} have some")
    rows = [[goal.of, goal.wanted, goal.found, _VERDICTS[goal.reached]] for goal in _GOALS[suite](tables)]
    return grid(["goal", "wanted", "measured", ""], rows)


_VERDICTS = {True: "reached", False: "**missed**", None: "not measured"}


def _times(table: Table, contender: str, other: str, wanted: float, where: str = "") -> Goal:
    """How many times as quick as another, round by round."""
    of, least = f"{where}{contender}, against {other}", f"{wanted:g} times as quick"
    if not {contender, other} <= table.runs.keys():
        return Goal(of, least, "", None)
    found = median(table.against(contender, other))
    return Goal(of, least, f"{found:.2f}", found >= wanted)


def _pack(tables: Suite) -> Iterator[Goal]:
    two, one = f"{OURS}, 2 workers", f"{OURS}, 1 worker"
    for size, wanted in {"500x375": 1.2, "1920x1280": 2.2, "4000x3000": 2.7}.items():
        yield _times(tables[size], two, "OpenCV, 2 processes", wanted, f"{size}: ")
        yield _times(tables[size], two, one, 1.9, f"{size}: ")
    yield _times(tables["500x375"], two, f"{LIMIT}libjpeg-turbo, 2 threads", 0.85, "500x375: ")
    peak = max(tables["4000x3000"].values(two, "peak_mb"))
    yield Goal(f"4000x3000: memory of {two}", "at most 400 MB", f"{peak:,.0f} MB", peak <= 400)


def _scale(tables: Suite) -> Iterator[Goal]:
    """The longest list beside the one before."""
    for name, table in tables.items():
        lists = [contender for contender in table.runs if contender != BARE]
        before, longest = sorted(lists, key=lambda contender: table.runs[contender][0]["items"])[-2:]
        beside = f"of {longest} against {before}"
        time = 1 / median(table.against(longest, before))
        yield Goal(f"{name}: time an entry, {beside}", "linear: at most 1.2 times", f"{time:.2f}", time <= 1.2)
        memory = median(table.values(longest, "peak_mb")) / median(table.values(before, "peak_mb"))
        yield Goal(f"{name}: memory, {beside}", "flat: at most 1.1 times", f"{memory:.2f}", memory <= 1.1)


def _startup(tables: Suite) -> Iterator[Goal]:
    seconds = 1 / median(tables["starts"].values("gpu-im2rec --help"))
    yield Goal("`gpu-im2rec --help`", "at most 0.3 s", f"{seconds:.2f} s", seconds <= 0.3)


def _host(tables: Suite) -> Iterator[Goal]:
    table, contender = tables["feeding"], "pack, stand-in device"
    rate = median(table.values(contender))
    yield Goal("pictures a second", "10,000", f"{rate:,.0f}", rate >= 10_000)
    micros = median(1e6 * run["user_seconds"] / run["items"] for run in table.runs[contender])
    yield Goal("the interpreter's lock, a picture", "less than 60 µs", f"{micros:.0f} µs at most", micros < 60)
    for contender, runs in tables["parsing"].runs.items() if "parsing" in tables else ():
        micros = median(1e6 * run["seconds"] / run["items"] for run in runs)
        of = f"exact engine, parse and feed a picture, {contender}"
        yield Goal(of, "less than 25 µs", f"{micros:.0f} µs", micros < 25)


def _read(tables: Suite) -> Iterator[Goal]:
    """Batches as floats beside the quickest of DALI and OpenCV; records, alone."""
    name = "records of 341x256"
    others = [reading.DALI, reading.DALI_VIEW, reading.FUSED, reading.FUSED_VIEW, reading.OPENCV]
    there = [other for other in others if other in tables[name].runs]
    quickest = max(there, key=lambda other: median(tables[name].values(other)))
    yield _times(tables[name], reading.OURS, quickest, 1.3, f"{name}: ")
    for name, table in tables.items():
        if (ours := "RecordDataset[i]") in table.runs:
            rate = median(table.values(ours))
            yield Goal(f"{name}: records a second at random", "200,000", f"{rate:,.0f}", rate >= 200_000)


def _cluster(tables: Suite) -> Iterator[Goal]:
    table = tables["ray"]
    yield _times(table, "Ray, two machines of one core", "Ray, one machine of one core", 1.9)
    for size in ("", ", 1920x1280"):
        yield _times(table, f"Ray, one machine of two cores{size}", f"one process, two cores{size}", 0.95)


_GOALS: dict[str, Callable[[Suite], Iterator[Goal]]] = {
    "pack": _pack,
    "scale": _scale,
    "startup": _startup,
    "host": _host,
    "read": _read,
    "cluster": _cluster,
}
