"""What the threads of an engine, or of a loader, work with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar


class Worker(Protocol):
    """Serves one thread at a time."""

    def close(self) -> None:
        """Let go of what it holds, even while another thread uses it."""
        ...


AnyWorker = TypeVar("AnyWorker", bound=Worker)


class Crew(Generic[AnyWorker]):
    """Lends workers to threads, as many as ask at a time, and closes them all at its end."""

    def __init__(self, make: Callable[[], AnyWorker]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._all: list[AnyWorker] = []
        self._idle: list[AnyWorker] = []
        self._closed = False

    @contextmanager
    def worker(self) -> Iterator[AnyWorker]:
        """One that nobody else has meanwhile. Raises CancelledError once the crew is closed."""
        with self._lock:
            if self._closed:
                raise CancelledError
            if not self._idle:
                self._idle.append(self._make())
                self._all.append(self._idle[-1])
            worker = self._idle.pop()
        yield worker
        self._idle.append(worker)

    def close(self) -> None:
        """Close all workers, those at work too."""
        with self._lock:
            self._closed = True
        for worker in self._all:
            worker.close()
