"""A run in a thread of its own, while the calling thread shows progress, heeds Ctrl-C and notices a standstill.

So Ctrl-C never strikes between two steps that belong together, and a run that waits for ever does not take its caller
along.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from gpu_im2rec.errors import Abandoned, StalledError
from gpu_im2rec.packing.whereabouts import whereabouts

T = TypeVar("T")

_LOOK_SECONDS = 0.1
_MOST_BETWEEN_LOOKS = 1.0  # seconds
_SECONDS_TO_STOP = 30.0


class Stopped(Exception):
    """The run was asked to end."""


class Pulse:
    """How a run and the thread that watches over it know of each other."""

    def __init__(self) -> None:
        self.beats = 0
        self._stop = False

    def beat(self) -> None:
        """There was progress. Raises Stopped where the run is to end."""
        self.beats += 1
        if self._stop:
            raise Stopped

    def with_each(self, items: Iterable[T]) -> Iterator[T]:
        """``items``, with a beat before each."""
        for item in items:
            self.beat()
            yield item

    def stop(self) -> None:
        """Let the run end at its next beat."""
        self._stop = True


class _Thread(threading.Thread, Generic[T]):
    """Keeps what comes of ``work``."""

    def __init__(self, work: Callable[[], T]) -> None:
        super().__init__(name="pack", daemon=True)
        self.done = threading.Event()
        self.error: BaseException | None = None
        self.result: T
        self._work = work

    def run(self) -> None:
        try:
            self.result = self._work()
        except BaseException as error:
            self.error = error
        finally:
            self.done.set()


def supervised(work: Callable[[], T], pulse: Pulse, *, stall_timeout: float, look: Callable[[], None]) -> T:
    """What ``work`` returns or raises, in a thread of its own; ``look`` is called ten times a second, and at the end.

    Raises StalledError where ``pulse`` does not beat for ``stall_timeout`` seconds (0: it may take for ever), and
    KeyboardInterrupt once the work has ended; Abandoned at a second Ctrl-C, or where it does not end soon. After
    StalledError and Abandoned the interpreter cannot end while the threads wait: only ``os._exit`` can.
    """
    thread = _Thread(work)
    thread.start()
    try:
        _watch(thread, pulse, stall_timeout, look)
        look()
    except StalledError:
        pulse.stop()
        raise
    except BaseException as error:
        pulse.stop()
        if not _ends(thread) and isinstance(error, KeyboardInterrupt):
            raise Abandoned(getattr(error, "exit_code", 130)) from None
        raise
    if thread.error:
        raise thread.error
    return thread.result


def _watch(thread: _Thread[T], pulse: Pulse, stall_timeout: float, look: Callable[[], None]) -> None:
    beats, looked, waited = pulse.beats, time.monotonic(), 0.0
    while not thread.done.wait(_LOOK_SECONDS):
        look()
        now = time.monotonic()
        waited += min(now - looked, _MOST_BETWEEN_LOOKS)  # more is a machine or a process that slept
        looked = now
        if pulse.beats != beats:
            beats, waited = pulse.beats, 0.0
        elif stall_timeout and waited > stall_timeout:
            raise StalledError(
                f"no progress for {stall_timeout:g} seconds (--stall-timeout). Where the threads stand:\n"
                + "\n".join(f"  {line}" for line in whereabouts())
            )


def _ends(thread: _Thread[T]) -> bool:
    """Whether the work ends soon, and nobody presses Ctrl-C again meanwhile."""
    until = time.monotonic() + _SECONDS_TO_STOP
    try:
        while time.monotonic() < until:
            if thread.done.wait(_LOOK_SECONDS):
                return True
    except KeyboardInterrupt:
        pass
    return False
