"""Each stage alone on one core, and in the same rounds what limits it."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from benchmarks.corpora import CORPORA, ensure
from benchmarks.results import Suite, Table, grid, spread
from benchmarks.rounds import module, rounds
from benchmarks.stages.one import CONTENDERS, LIMITS

_CORPUS = CORPORA["small"]
_PICTURES = 800


def measure(runs: int, folder: Path | None = None, pictures: int = _PICTURES) -> Suite:
    """On the small corpus, unless there is another ``folder`` of JPEGs of one size."""
    folder = folder or ensure(_CORPUS).root
    commands = {name: module("benchmarks.stages.one", name, folder, pictures) for name in CONTENDERS}
    title = "Each stage alone, on one core (of the list, lines)"
    table = Table(title, "pictures", rounds(commands, runs), references=LIMITS, facts={"pictures": pictures})
    for stage in LIMITS:
        limit = table.reference_of(stage)
        assert limit is None or table.values(limit, "items") == table.values(stage, "items"), f"{stage}: not as many"
    return {"alone": table}


def table(name: str, table: Table) -> str:
    """In Markdown."""
    rows = [_row(stage, table) for stage in LIMITS if stage in table.runs]
    head = ["stage", "pictures/s", "its limit", "pictures/s", "reached"]
    return f"{table.heading}\n\n{grid(head, rows)}\n\n{_MEANING}"


def _row(stage: str, table: Table) -> list[str]:
    limit = table.reference_of(stage)
    measured = spread(table.values(stage))
    if limit is None:
        return [stage, measured, f"{LIMITS[stage]}: not installed", "", ""]
    return [stage, measured, limit, spread(table.values(limit)), f"{median(table.against_reference(stage)):.2f}"]


_MEANING = """\
What each stage reaches of what nobody could pass: the interpreter's own way over the lines, the bare system calls,
libjpeg-turbo in C without colours, as many bytes copied, as many bytes written in one piece. A run on one core takes
what the stages take together; on several, reading and writing go on beside the rest. Decoding and encoding bound it;
the filter weighs each pixel where a copy moves it, and framing searches each byte for the magic where a copy moves it.
Reading is handed from thread to thread, which on one core is only a cost and, where files come slowly, all of the
gain."""
