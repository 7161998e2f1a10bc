"""How many of the threads that read may read at once: as many as bring more pictures.

A disk or a network that takes its time wants many. But where files lie in memory each is read in microseconds, and
every further thread takes the interpreter from the one that writes: with eight of them, small files are packed at half
the rate. The first files hint at which it is. Then it is tried: twice or half as many, for a moment; do more come?
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Self, TypeVar

T = TypeVar("T")

_SLOW = 100e-6  # seconds that the first files take, each: longer than files that lie in memory
_MOMENT, _LONG = 0.2, 1.0  # seconds, at least and at most
_READS = 8  # of each lane that a moment waits for: they come in bursts
_WAITS = 0.1  # share of a moment: whoever waits longer for files wants more of them
_MORE, _FEWER = 1.1, 1.05  # times as many files, for which more lanes are worth it, and for which fewer are
_REST, _LONGEST_REST = 7, 31  # moments before a try, where files are slow; between two, where none was worth it


class Lanes:
    """A context manager for threads while they read. One more thread takes what they read, and tells how it goes."""

    def __init__(self, most: int, at_first: int, clock: Callable[[], float] = time.perf_counter) -> None:
        """``at_first`` may read at once, and later up to ``most``; always that many where they are the same."""
        self.open = at_first
        self._most, self._clock = most, clock
        self._tries = at_first < most
        self._free = threading.Condition()
        self._at_work = 0
        self._rest = self._resting = 0  # moments
        self._before: tuple[int, float] | None = None  # while others are tried: how many it were, and files a second
        self._next_is_more = True
        self._is_first = True
        self._begin_moment()

    def __enter__(self) -> Self:
        with self._free:
            while self._at_work >= self.open:
                self._free.wait()
            self._at_work += 1
        return self

    def __exit__(self, *error: object) -> None:
        with self._free:
            self._at_work -= 1
            self._free.notify()

    def result(self, future: Future[T]) -> T:
        """What comes of a read. More lanes open for as long as nothing does."""
        while True:
            started = self._clock()
            try:
                return future.result(timeout=_MOMENT)
            except TimeoutError:
                if future.done():
                    return future.result()  # which may be a timeout of its own
                self._open(2 * self.open)
                self._before, self._resting, self._next_is_more = None, 0, True
                self._begin_moment()
            finally:
                self._waited += self._clock() - started

    def taken(self, files: int) -> None:
        """So many more were read and taken."""
        self._files += files
        self._reads += 1
        seconds = self._clock() - self._since
        if self._is_first and self._tries and self._waited > _SLOW * files:
            self.open_all()
            self._rest = self._resting = _REST
        self._is_first = False
        if self._tries and seconds >= (_MOMENT if self._reads >= _READS * self.open else _LONG):
            self._judge(self._files / seconds, waits=self._waited > _WAITS * seconds)
            self._begin_moment()

    def open_all(self) -> None:
        """Nobody is to wait any longer."""
        self._open(self._most)

    def _judge(self, rate: float, *, waits: bool) -> None:
        if self._before:
            lanes, before = self._before
            self._before = None
            if rate < before * (_MORE if self.open > lanes else _FEWER):
                self._open(lanes)
                self._next_is_more = not self._next_is_more
                self._rest = min(2 * self._rest + 1, _LONGEST_REST)
                self._resting = self._rest
                return
            self._rest = 0
        if self._resting:
            self._resting -= 1
        elif waits:
            self._before = self.open, rate
            more = self._next_is_more if 1 < self.open < self._most else self.open == 1
            self._open(2 * self.open if more else self.open // 2)

    def _begin_moment(self) -> None:
        self._since, self._files, self._reads, self._waited = self._clock(), 0, 0, 0.0

    def _open(self, lanes: int) -> None:
        with self._free:
            self.open = max(1, min(lanes, self._most))
            self._free.notify_all()
