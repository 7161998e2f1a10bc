"""Records at random, undecoded, from the page cache: this project's dataset, and the bare calls beside it."""

from __future__ import annotations

import mmap
import os
import time
from collections.abc import Callable

import numpy as np

from benchmarks.read.sources import Source
from gpu_im2rec import RecordDataset
from gpu_im2rec.recordio import iter_records, read_index

_READS = 100_000


def dataset(source: Source) -> Callable[[int], object]:
    """`RecordDataset[i]`: the image file's bytes and the label, checked."""
    return RecordDataset(source.rec, decode=False).__getitem__


def pread(source: Source) -> Callable[[int], object]:
    """The record's bytes by one system call, unchecked, by an index in lists."""
    file = os.open(source.rec, os.O_RDONLY)
    starts, sizes = _spans(source)
    return lambda number: os.pread(file, sizes[number], starts[number])


def mapped(source: Source) -> Callable[[int], object]:
    """The record's bytes copied out of the mapped file, unchecked, by an index in lists."""
    with source.rec.open("rb") as file:
        memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    starts, sizes = _spans(source)
    return lambda number: memory[starts[number] : starts[number] + sizes[number]]


def measured(read: Callable[[int], object], source: Source) -> dict[str, float]:
    """Items a second, after a round over all records that is not counted, and in which what is read is looked at."""
    entries = source.about.entries
    for number, record in enumerate(iter_records(source.rec)):
        found = read(number)
        assert bytes(record.content) in (found[0] if isinstance(found, tuple) else found), number
    assert number == entries - 1
    numbers = np.random.default_rng(0).integers(entries, size=_READS).tolist()
    cpu, started = time.process_time(), time.perf_counter()
    for number in numbers:
        read(number)
    return {"items": _READS, "seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - cpu}


def _spans(source: Source) -> tuple[list[int], list[int]]:
    offsets = read_index(source.rec.with_suffix(".idx")).offsets.tolist()
    ends = [*offsets[1:], source.rec.stat().st_size]
    return offsets, [end - start for start, end in zip(offsets, ends, strict=True)]
