"""Batches for training out of record files, and single records at random: ours beside others."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.read.one import ACCESS, LEVELS, LIMIT, MXNET, OURS, OURS_LEVELS, READERS, RESIZING
from benchmarks.read.sources import RANDOM_ACCESS, SOURCES, Source
from benchmarks.read.task import BATCH
from benchmarks.results import Runs, Suite, Table, grid, spread
from benchmarks.rounds import module, rounds

_MXNET = Path(sys.executable).parent.parent / "mxnet" / "bin" / "python"  # where the Makefile puts it
_BARE = "os.pread"  # of the ways to single records
_NEARLY = 0.02  # by what the means of normalised batches may differ: a crop may lie half a pixel elsewhere


def measure(runs: int, tables: Sequence[str] = (*SOURCES, *RANDOM_ACCESS)) -> Suite:
    """Those of the ``tables`` that are asked for."""
    return {name: _batches(name, runs) if name in SOURCES else _access(name, runs) for name in tables}


def _batches(name: str, runs: int) -> Table:
    source = SOURCES[name].ensure()
    readers = [reader for reader in READERS if reader in RESIZING or not source.resize]
    commands = {reader: module("benchmarks.read.one", reader, name) for reader in readers}
    mxnet = [_MXNET, "-m", "benchmarks.read.mxnet_reader", source.rec, source.resize, source.epochs]
    commands[MXNET] = [*map(str, mxnet)]
    measured = rounds(commands, runs)
    _check_means(measured)
    _check_items(measured, source)
    return Table(name, "pictures", measured, reference=LIMIT)


def _access(name: str, runs: int) -> Table:
    RANDOM_ACCESS[name].ensure()
    commands = {way: module("benchmarks.read.one", way, name) for way in ACCESS}
    return Table(f"{name}, at random", "records", rounds(commands, runs), reference=_BARE)


def _check_means(measured: Runs) -> None:
    """All must have read the same pictures and normalised them alike."""
    for contender, runs in measured.items():
        if contender not in (LIMIT, *LEVELS):
            difference = abs(runs[0]["mean"] - measured[OURS][0]["mean"])
            assert difference < _NEARLY, f"{contender} reads other numbers: the mean differs by {difference:.3f}"


def _check_items(measured: Runs, source: Source) -> None:
    """All must have read as many: each epoch the entries, but for a batch that is filled up, or is the next one's."""
    asked, most = source.epochs * source.about.entries, source.epochs * BATCH
    for contender, runs in measured.items():
        for run in runs:
            assert abs(run["items"] - asked) < most, f"{contender} reads {run['items']} pictures instead of {asked}"


def table(name: str, table: Table) -> str:
    """In Markdown."""
    show, meaning = (_access_table, _RECORDS) if table.unit == "records" else (_batches_table, _BATCHES)
    return f"{table.heading}\n\n{show(table)}\n\n{meaning}"


def _batches_table(table: Table) -> str:
    rows = [
        [
            contender,
            spread(table.values(contender)),
            f"{_cpu(table, contender, 1e3):.2f}",
            f"{max(table.values(contender, 'peak_mb')):,.0f}",
            _ours_against(table, contender),
        ]
        for contender in table.runs
    ]
    return grid(["", "pictures/s", "ms of processor a picture", "peak MB", "ours against it"], rows)


def _ours_against(table: Table, contender: str) -> str:
    """How many times as quick ours is, with what the contender gives: normalised numbers, or levels."""
    ours = OURS_LEVELS if contender in LEVELS else OURS
    return f"{median(table.against(ours, contender)):.2f}" if ours in table.runs else ""


def _access_table(table: Table) -> str:
    rows = [[one, spread(table.values(one)), f"{_cpu(table, one, 1e6):.1f}"] for one in table.runs]
    return grid(["", "records/s", "µs of processor a record"], rows)


def _cpu(table: Table, contender: str, factor: float) -> float:
    return median(factor * run["cpu_seconds"] / run["items"] for run in table.runs[contender])


_BATCHES = """\
Everybody reads the same records with two threads or two processes. Whoever decodes whole pictures is bounded by
libjpeg-turbo alone; where pictures are resized, by the filter too."""
_RECORDS = """\
One record after the other, undecoded, in one thread. Ours checks each record; the others are the bare calls, which
bound it together with the copy out of the page cache."""
