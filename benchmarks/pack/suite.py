"""Packing: this project beside the tools that people use for it, on the same files and the same cores.

All bring the shorter edge to 256 pixels and encode JPEG at quality 95, as each does it: OpenCV's INTER_LINEAR in
im2rec.py, OpenCV and litdata, its area filter in img2dataset, antialiasing filters in ours, DALI and Pillow. All write
all pictures, with their labels, in a format of their own; `benchmarks.pack.one` reads them back and counts.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from benchmarks import corpora, environments
from benchmarks.corpora import CORPORA, Corpus, ensure
from benchmarks.pack.contenders import Contender, commands, passing_through, resizing
from benchmarks.pack.tables import table
from benchmarks.pack.task import EDGE, QUALITY, target
from benchmarks.results import Suite, Table
from benchmarks.rounds import rounds

__all__ = ["measure", "table"]

_RESIZED = {"500x375": "small", "1920x1280": "middle", "4000x3000": "large", "PNG": "png", "mixed formats": "mixed"}
_PASSED = ("pass-through", "small")
_TIMES = 4  # the list's lines, where nothing is decoded
_MEMORY = Path("/dev/shm")


def measure(runs: int) -> Suite:
    """A table for each corpus, and one of pass-through."""
    cores = len(os.sched_getaffinity(0))
    tables = {}
    for name, corpus in _RESIZED.items():
        about = CORPORA[corpus]
        tables[name] = resized(about, resizing(cores, jpeg=about.formats == ("JPEG",)), runs)
    name, corpus = _PASSED
    tables[name] = passed_through(CORPORA[corpus], passing_through(cores), runs)
    return tables


def resized(corpus: Corpus, contenders: Mapping[str, Contender], runs: int) -> Table:
    """The pictures of a corpus, resized, onto the disk on which they lie."""
    ensure(corpus)
    size = "x".join(map(str, target(corpus.width, corpus.height)))
    title = f"{_files(corpus, 1)} → shorter edge {EDGE}, JPEG {QUALITY}"
    return _table(title, contenders, corpus.list, corpus.root, corpora.FOLDER, size, runs)


def passed_through(corpus: Corpus, contenders: Mapping[str, Contender], runs: int) -> Table:
    """Their files as they are, many times over, into memory: a disk would be all that is measured."""
    ensure(corpus)
    listed = corpora.FOLDER / f"{corpus.name}-{_TIMES}.lst"
    lines = (f"{index}\t{index % 10}\t{name}\n" for index, name in enumerate(corpus.names * corpus.repeats * _TIMES))
    listed.write_text("".join(lines))
    out = _MEMORY if _MEMORY.is_dir() else corpora.FOLDER
    return _table(f"{_files(corpus, _TIMES)} → as they are", contenders, listed, corpus.root, out, "-", runs)


def _table(
    title: str, contenders: Mapping[str, Contender], listed: Path, root: Path, out: Path, size: str, runs: int
) -> Table:
    runnable, left_out = commands(contenders, str(listed), str(root), str(out), size=size)
    measured = rounds(runnable, runs)
    used = {contenders[name].environment for name in measured} - {""}
    references = [name for name in measured if name.startswith("OpenCV")] or [n for n in measured if "im2rec.py" in n]
    left_out |= dict.fromkeys(runnable.keys() - measured.keys(), "not installed")
    facts = {"left out": left_out, "versions": ", ".join(environments.versions(name) for name in sorted(used))}
    return Table(title, "pictures", measured, references[-1] if references else None, facts)


def _files(corpus: Corpus, times: int) -> str:
    each = sum(file.stat().st_size for file in corpus.root.iterdir()) / corpus.files
    formats = ", ".join(corpus.formats)
    return f"{corpus.entries * times:,} files of {corpus.width}x{corpus.height} ({formats}), {each / 1000:,.0f} kB each"
