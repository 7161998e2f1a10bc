"""What a run's processes hold in memory together. For any Python; the standard library alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

_PAUSE = 0.2  # seconds between looks


class Peak:
    """The sum over this process and all that come of it of the most that each had; what they share counts for each.

    A process that comes and goes between two looks is not seen.
    """

    def __init__(self) -> None:
        self._most: dict[str, float] = {}
        self._over = Event()
        self._thread = Thread(target=self._watch)

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def mb(self) -> float:
        """In MB."""
        return sum(self._most.values()) / 1024

    def _watch(self) -> None:
        while True:
            for process in _family("self"):
                with suppress(OSError, StopIteration, ProcessLookupError):  # it has just ended
                    lines = Path(f"/proc/{process}/status").read_text().splitlines()
                    self._most[process] = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
            if self._over.wait(_PAUSE):
                return


def _family(process: str) -> Iterator[str]:
    """It, its children, and theirs."""
    yield process
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):
            for child in task.read_text().split():
                yield from _family(child)
