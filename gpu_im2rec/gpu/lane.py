"""Batches on a device, in order, whatever goes wrong there: what a batch does not give is left to the CPU."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple, TypeVar

from gpu_im2rec.gpu.admission import Job
from gpu_im2rec.gpu.device import Device

_NO_MEMORY = re.compile(r"bad_alloc|out of memory|MemoryAllocation|can't allocate", re.IGNORECASE)
_WORTH_TELLING = re.compile(r"^(?:nvImageCodec failure|.*CUDA|Error|Assert).*", re.MULTILINE)

Outcome = bytes | str  # a JPEG file, or why the device has none
T = TypeVar("T")


class _Trouble(NamedTuple):
    """What is kept of an exception: itself it would keep the failing frames' buffers on the device."""

    told: str
    lacks_memory: bool


class Lane:
    """Feeds a device and collects from it. Never raises for what a device or its driver does.

    One bad file fails its whole batch, and later batches come out right. Two failed batches in a row cast doubt on the
    device's state: it is started anew, and the second one tried once more, in halves. So is a batch that finds no
    memory. A device that cannot be started anew is given up, and gets no more work.
    """

    def __init__(self, device: Device) -> None:
        self._device = device
        self._underway: deque[list[Job]] = deque()
        self._doubtful = False
        self._stale = False  # there is work on the device that nobody will collect
        self._given_up = ""  # why

    @property
    def depth(self) -> int:
        """Batches that may be fed before the oldest is collected."""
        return self._device.depth

    def feed(self, jobs: list[Job]) -> None:
        """Put ``jobs`` on the device; one ``collect`` for each ``feed``."""
        if self._stale:
            self._stale = False
            self._start_anew("it was left in the middle of its work")
        self._underway.append(jobs)
        trouble = self._feed_all([jobs])
        if trouble:
            self._start_anew(trouble.told)
            self._feed_again()

    def collect(self) -> list[Outcome]:
        """What became of the oldest batch, one outcome a job."""
        jobs = self._underway.popleft()
        if self._given_up:
            return [self._given_up] * len(jobs)
        files = _tried(self._device.collect)
        if not isinstance(files, _Trouble):
            self._doubtful = False
            return list(files)
        if files.lacks_memory or self._doubtful:
            return self._tried_again(files, jobs)
        self._doubtful = True
        return [files.told] * len(jobs)

    def abandon(self) -> None:
        """Forget what is under way: whoever fed it has gone."""
        self._stale = bool(self._underway)
        self._underway.clear()

    def _tried_again(self, trouble: _Trouble, jobs: list[Job]) -> list[Outcome]:
        """Each half alone on a device that is started anew; then what the old one lost is fed again."""
        self._start_anew(trouble.told)
        middle = (len(jobs) + 1) // 2
        outcomes = [*self._alone(jobs[:middle]), *self._alone(jobs[middle:])]
        self._feed_again()
        self._doubtful = False
        return outcomes

    def _alone(self, jobs: list[Job]) -> list[Outcome]:
        if self._given_up or not jobs:
            return [self._given_up] * len(jobs)

        def both() -> list[bytes]:
            self._device.feed(jobs)
            return self._device.collect()

        files = _tried(both)
        if not isinstance(files, _Trouble):
            return list(files)
        self._start_anew(files.told)
        return [files.told] * len(jobs)

    def _start_anew(self, why: str) -> None:
        trouble = _tried(self._device.restart)
        if trouble:
            self._given_up = f"the device was given up: {trouble.told}, after: {why}"

    def _feed_again(self) -> None:
        trouble = self._feed_all(self._underway)
        if trouble:
            self._given_up = f"the device was given up: {trouble.told}"

    def _feed_all(self, batches: Iterable[list[Job]]) -> _Trouble | None:
        for jobs in batches:
            trouble = None if self._given_up else _tried(partial(self._device.feed, jobs))
            if trouble:
                return trouble
        return None


def _tried(work: Callable[[], T]) -> T | _Trouble:
    try:
        return work()
    except (MemoryError, RuntimeError) as error:
        return _Trouble(_told(error), _lacks_memory(error))


def _lacks_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or bool(_NO_MEMORY.search(str(error)))


def _told(error: Exception) -> str:
    """The line that matters of a message which may carry a traceback of the graph's definition."""
    if _lacks_memory(error):
        return "the device is out of memory"
    text = str(error)
    telling = _WORTH_TELLING.findall(text)
    return f"the device failed: {telling[-1] if telling else text.strip().partition(chr(10))[0]}"
