"""What processes cost, of this one and all that come of it. For any Python; the standard library alone."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def cpu_seconds() -> float:
    """Of this process and those of its children that have ended."""
    uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in uses)


def family(process: str = "self") -> Iterator[str]:
    """It, its children, and theirs, by their names in /proc."""
    yield process
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):  # a thread that has just ended
            for child in task.read_text().split():
                yield from family(child)


def peak_mb(process: str = "self") -> float:
    """The most memory that this program had; what getrusage tells began with that of the process that started it.

    0 where it has ended and is not yet gone. Raises OSError where it is.
    """
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
