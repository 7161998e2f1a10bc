"""What a reader costs: pictures a second, processor time, memory. For any Python; the standard library alone."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

_TICK = 1 / os.sysconf("SC_CLK_TCK")  # seconds

Epoch = Callable[[], Iterable[Any]]  # the batches of one epoch, anew with each call


def measured(epoch: Epoch, epochs: int) -> dict[str, float]:
    """Figures of ``epochs``, after one that is not counted: it starts threads and processes, and fills caches.

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
    return {"items": items, "seconds": seconds, "cpu_seconds": cpu, "peak_mb": _peak_mb(), "mean": mean}


def _processes() -> list[Path]:
    """This process and its children, in /proc."""
    children: list[str] = []
    for task in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):  # a thread that has just ended
            children += task.read_text().split()
    return [Path("/proc/self"), *(Path("/proc") / number for number in children)]


def _cpu_seconds() -> float:
    fields = [(process / "stat").read_text().rpartition(")")[2].split() for process in _processes()]
    return sum(int(each[11]) + int(each[12]) for each in fields) * _TICK  # user and system


def _peak_mb() -> float:
    lines = [line for process in _processes() for line in (process / "status").read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
