"""What a piece of work costs this process: time, processor time, memory."""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.corpora import FOLDER
from benchmarks.results import Figures


def measured(work: Callable[[], int]) -> Figures:
    """Do it: ``items``, which it returns, ``seconds``, ``cpu_seconds``, and ``peak_mb`` of the process up to now."""
    cpu, started = cpu_seconds(), time.perf_counter()
    items = work()
    seconds = time.perf_counter() - started
    return {"items": items, "seconds": seconds, "cpu_seconds": cpu_seconds() - cpu, "peak_mb": peak_mb()}


def cpu_seconds() -> float:
    """Of this process and those of its children that have ended."""
    uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in uses)


def peak_mb() -> float:
    """Of this program alone: what getrusage tells began with the memory of the process that started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def scratch() -> tempfile.TemporaryDirectory[str]:
    """A folder for what is written, on the disk that holds the corpora: where /tmp is may be memory."""
    FOLDER.mkdir(exist_ok=True)
    return tempfile.TemporaryDirectory(dir=FOLDER)
