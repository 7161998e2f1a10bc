"""How much a stage works: what tells a stage that bounds a run from one that waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Meter:
    """The work of ``width`` workers together. A context manager: each is at work within ``with meter``.

    For any number of threads. What is under way counts up to the moment of asking.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self.pictures = 0  # done, the ones that failed too
        self._lock = threading.Lock()
        self._at_work = 0
        self._seconds = 0.0  # of all work, as if all that is under way had begun at the clock's zero

    def __enter__(self) -> None:
        with self._lock:
            self._at_work += 1
            self._seconds -= time.perf_counter()

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._at_work -= 1
            self._seconds += time.perf_counter()

    def count(self, pictures: int) -> None:
        """So many more are done."""
        with self._lock:
            self.pictures += pictures

    def timed(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What ``work`` gives for these arguments, at work meanwhile."""
        with self:
            return work(*args, **kwargs)

    @property
    def busy_seconds(self) -> float:
        """Of all workers together, up to now."""
        with self._lock:
            return self._seconds + self._at_work * time.perf_counter()
