"""What a piece of work costs this process: time, processor time, memory."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable

from benchmarks.corpora import FOLDER
from benchmarks.processes import cpu_seconds, peak_mb
from benchmarks.results import Figures


def measured(work: Callable[[], int]) -> Figures:
    """Do it: ``items``, which it returns, ``seconds``, ``cpu_seconds``, and ``peak_mb`` of the process up to now."""
    cpu, started = cpu_seconds(), time.perf_counter()
    items = work()
    seconds = time.perf_counter() - started
    return {"items": items, "seconds": seconds, "cpu_seconds": cpu_seconds() - cpu, "peak_mb": peak_mb()}


def scratch() -> tempfile.TemporaryDirectory[str]:
    """A folder for what is written, on the disk that holds the corpora: where /tmp is may be memory."""
    FOLDER.mkdir(exist_ok=True)
    return tempfile.TemporaryDirectory(dir=FOLDER)
