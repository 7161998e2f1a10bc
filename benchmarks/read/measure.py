"""What a reader costs: pictures a second, processor time, memory. For any Python; the standard library alone."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from benchmarks.processes import family, peak_mb

_TICK = 1 / os.sysconf("SC_CLK_TCK")  # seconds

Epoch = Callable[[], Iterable[Any]]  # the batches of one epoch, anew with each call


def measured(epoch: Epoch, epochs: int) -> dict[str, float]:
    """Figures of ``epochs``, after one that is not counted: it starts threads and processes, and fills caches.

    What fills up an epoch's last batch is decoded like the rest of it, and counts.
    Memory is the sum over this process and its children of the most that each had; what they share counts for each.
    """
    mean = None
    for batch in epoch():
        mean = float(batch[:1].mean()) if mean is None else mean
    items, cpu_started, started = 0, _cpu_seconds(), time.perf_counter()
    for _ in range(epochs):
        for batch in epoch():
            items += len(batch)
    seconds, cpu = time.perf_counter() - started, _cpu_seconds() - cpu_started
    assert mean is not None
    return {
        "items": items,
        "seconds": seconds,
        "cpu_seconds": cpu,
        "peak_mb": sum(map(peak_mb, family())),
        "mean": mean,
    }


def _cpu_seconds() -> float:
    """Of children, too, that are still there."""
    fields = [Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split() for process in family()]
    return sum(int(each[11]) + int(each[12]) for each in fields) * _TICK  # user and system
