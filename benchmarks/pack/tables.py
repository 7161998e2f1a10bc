"""The suite's tables in Markdown: figures, what they mean, what bounds them, who is not among them."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from benchmarks.pack.contenders import LIMIT, OURS
from benchmarks.results import Figures, Table, spread

_NOTE = (
    "Rates and processor time are those of the run without its start, which packing one picture a worker measures; "
    "img2dataset's rate is the one that it reports. "
    "Peak memory is the sum of all processes. ffcv 1.0.2 is in no table: it comes as source, which needs OpenCV's and "
    "libturbojpeg's headers, and pip does not bring those."
)
_LIMITS = {
    "libjpeg-turbo": "decodes at the scale at which ours does and encodes, with the resize for free",
    "a bare loop": "makes the same reads and writes and looks at no byte",
}


def table(name: str, table: Table) -> str:
    """One table, with its sentences."""
    return "\n".join((f"### {name}: {table.title}\n", *_figures(table), "", *_sentences(table)))


def _figures(table: Table) -> Iterator[str]:
    against = f" times {table.reference} |" if table.reference else ""
    yield f"| | pictures/s |{against} ms of processor a picture | s to start | kB a picture | peak MB |"
    yield "| --- | ---: |" + " ---: |" * (4 + bool(against))
    for contender, runs in table.runs.items():
        times = f" {median(table.against_reference(contender)):.2f} |" if table.reference else ""
        cpu = median(1000 * run["cpu_seconds"] / run["items"] for run in runs)
        start = median(run["start_seconds"] for run in runs)
        rest = "| |" if contender.startswith(LIMIT) else f"| {_kilobytes(runs)} | {_peak(runs)} |"
        yield f"| {contender} | {spread(table.values(contender))} |{times} {cpu:.2f} | {start:.1f} {rest}"


def _kilobytes(runs: list[Figures]) -> str:
    return f"{runs[0]['picture_bytes'] / 1000:.1f}"


def _peak(runs: list[Figures]) -> str:
    return f"{max(run['peak_mb'] for run in runs):,.0f}"


def _sentences(table: Table) -> Iterator[str]:
    ours = [name for name in table.runs if name.startswith(OURS) and "linear" not in name]
    others = [name for name in table.runs if not name.startswith((OURS, LIMIT))]
    limits = [name for name in table.runs if name.startswith(LIMIT)]
    if ours and others:
        yield _meaning(table, ours[-1], others)
    if ours:
        yield _bound(table, ours[-1], limits)
    yield _NOTE
    if packages := table.facts["versions"]:
        yield f"In environments of their own: {packages}."
    yield from (f"Left out: {name}: {reason}." for name, reason in table.facts["left out"].items())


def _meaning(table: Table, ours: str, others: list[str]) -> str:
    quickest = _quickest(table, others)
    said = [f"{_times(table, ours, quickest)} times as many pictures a second as {quickest}, the quickest other"]
    incumbents = [name for name in others if "im2rec.py" in name and name != quickest]
    said += [f"{_times(table, ours, name)} times as many as {name}" for name in incumbents]
    return f"**What it means.** {ours.capitalize()}: {', '.join(said)}."


def _bound(table: Table, ours: str, limits: list[str]) -> str:
    if not limits:
        return "**What bounds it.** Decoding, which takes more time than all the rest of the work."
    limit = _quickest(table, limits)
    name = limit.removeprefix(LIMIT)
    does = next(words for start, words in _LIMITS.items() if name.startswith(start))
    times = _times(table, ours, limit)
    return f"**What bounds it.** The limit is {name}, which {does}: ours packs {times} times as many pictures."


def _quickest(table: Table, names: list[str]) -> str:
    return max(names, key=lambda name: median(table.values(name)))


def _times(table: Table, name: str, other: str) -> str:
    """How many times as quick, round by round."""
    return f"{median(table.against(name, other)):.2f}"
