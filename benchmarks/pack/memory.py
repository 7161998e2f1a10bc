"""What a run's processes hold in memory together. For any Python; the standard library alone."""

from __future__ import annotations

from contextlib import suppress
from threading import Event, Thread

from benchmarks.processes import family, peak_mb

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
        return sum(self._most.values())

    def _watch(self) -> None:
        while True:
            for process in family():
                with suppress(OSError):  # it has just ended
                    self._most[process] = max(self._most.get(process, 0.0), peak_mb(process))
            if self._over.wait(_PAUSE):
                return
