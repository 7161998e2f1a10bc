"""Batches on a device, in order, whatever goes wrong there: what a batch does not give is left to the CPU."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, NamedTuple, Protocol, TypeVar

from gpu_im2rec.gpu.admission import Job

_NO_MEMORY = re.compile(r"bad_alloc|out of memory|MemoryAllocation|can't allocate", re.IGNORECASE)
_WORTH_TELLING = re.compile(r"^(?:nvImageCodec failure|.*CUDA|Error|Assert).*", re.MULTILINE)

Result = TypeVar("Result")
Given_co = TypeVar("Given_co", covariant=True)


class Device(Protocol[Given_co]):
    """What takes batches of jobs, and gives what becomes of them. For one thread at a time.

    ``collect`` raises RuntimeError where the batch cannot be done, MemoryError or RuntimeError for want of memory. If
    ``feed`` raises MemoryError, the device is as it was before.
    """

    depth: int  # batches that it holds at once

    def feed(self, jobs: list[Job]) -> None:
        """Start on ``jobs``."""
        ...

    def collect(self) -> Given_co:
        """What became of the oldest batch."""
        ...

    def restart(self) -> None:
        """Forget every batch, free what can be freed, and be ready again. Raises RuntimeError where that fails."""
        ...


class _Trouble(NamedTuple):
    """What is kept of an exception: itself it would keep the failing frames' buffers on the device."""

    told: str
    lacks_memory: bool
    harmless: bool  # on feeding


@dataclass
class _Batch:
    """What is to be collected, or has to be fed first."""

    jobs: list[Job]
    waits: bool = True  # until it is on the device; no batch is there that is behind one that waits


class Lane(Generic[Result]):
    """Feeds a device and collects from it. Never raises for what a device or its driver does.

    One bad file fails its whole batch, and later batches come out right. Two failed batches in a row cast doubt on the
    device's state: it is started anew, and the second one tried once more. So is a batch that finds no memory; if it
    cannot even be fed, it waits for those before it first. A device that cannot be started anew is given up, and gets
    no more work.
    """

    def __init__(self, device: Device[Result]) -> None:
        self._device = device
        self._underway: deque[_Batch] = deque()
        self._doubtful = False
        self._stale = False  # there may be work on the device that nobody will collect
        self._given_up = ""  # why

    @property
    def depth(self) -> int:
        """Batches that may be fed before the oldest is collected."""
        return self._device.depth

    @property
    def given_up(self) -> bool:
        """Whether the device gets no more work."""
        return bool(self._given_up)

    def feed(self, jobs: list[Job]) -> None:
        """Put ``jobs`` on the device; one ``collect`` for each ``feed``."""
        if self._stale:
            self._underway.clear()
            self._start_anew("it was left in the middle of its work")
            self._stale = False
        full = bool(self._underway) and self._underway[-1].waits
        self._underway.append(_Batch(jobs))
        if not full:
            self._feed_waiting()

    def collect(self) -> Result | str:
        """What became of the oldest batch, or why nothing did."""
        batch = self._underway.popleft()
        if self._given_up:
            return self._given_up
        result = _tried(partial(self._both, batch.jobs) if batch.waits else self._device.collect)
        if not isinstance(result, _Trouble):
            self._doubtful = False
            self._feed_waiting()
            return result
        if not (batch.waits or result.lacks_memory or self._doubtful):
            self._doubtful = True
            return result.told
        self._start_anew(result.told)
        again = self._again(batch.jobs)
        self._feed_waiting()  # what the old one lost
        self._doubtful = False
        return again

    def abandon(self) -> None:
        """Forget what is under way: whoever fed it has gone."""
        self._stale = self._stale or bool(self._underway)
        self._underway.clear()

    def drain(self) -> None:
        """Let the device end what is under way, and drop it: that takes less time than to start it anew."""
        if not self._stale:
            self._stale = True  # should this be cut short
            while self._underway:
                self.collect()
            self._stale = False

    def _again(self, jobs: list[Job]) -> Result | str:
        """Try ``jobs`` once more, on a device that is started anew and has nothing else to do."""
        if self._given_up:
            return self._given_up

        result = _tried(partial(self._both, jobs))
        if not isinstance(result, _Trouble):
            return result
        self._start_anew(result.told)
        return result.told

    def _both(self, jobs: list[Job]) -> Result:
        """On a device that has nothing else to do."""
        self._device.feed(jobs)
        return self._device.collect()

    def _start_anew(self, why: str) -> None:
        for batch in self._underway:  # it is lost
            batch.waits = True
        trouble = _tried(self._device.restart)
        if trouble:
            self._given_up = f"the device was given up: {trouble.told}, after: {why}"

    def _feed_waiting(self) -> None:
        """Put what waits on the device, as far as there is memory."""
        trouble = self._fed_waiting()
        if trouble:
            self._start_anew(trouble.told)
            trouble = self._fed_waiting()
        if trouble:
            self._given_up = f"the device was given up: {trouble.told}"

    def _fed_waiting(self) -> _Trouble | None:
        """The same; what lacks memory is no trouble: it waits, and so do those behind it."""
        for batch in self._underway:
            if batch.waits and not self._given_up:
                trouble = _tried(partial(self._device.feed, batch.jobs))
                if trouble:
                    return None if trouble.harmless else trouble
                batch.waits = False
        return None


Outcome = bytes | str  # a JPEG file, or why the device has none


class FileLane(Lane[Sequence[Outcome]]):
    """A lane whose device makes a file of each job. A batch that is tried once more is tried in halves."""

    def _again(self, jobs: list[Job]) -> Sequence[Outcome]:
        middle = (len(jobs) + 1) // 2
        halves = [half for half in (jobs[:middle], jobs[middle:]) if half]
        return [outcome for half in halves for outcome in outcomes(half, super(FileLane, self)._again(half))]


def outcomes(jobs: list[Job], result: Sequence[Outcome] | str) -> Sequence[Outcome]:
    """One outcome for each of ``jobs``, of which all have the same where ``result`` says why there is none."""
    return [result] * len(jobs) if isinstance(result, str) else result


def _tried(work: Callable[[], Result]) -> Result | _Trouble:
    try:
        return work()
    except (MemoryError, RuntimeError) as error:
        return _Trouble(_told(error), _lacks_memory(error), isinstance(error, MemoryError))


def _lacks_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or bool(_NO_MEMORY.search(str(error)))


def _told(error: Exception) -> str:
    """The line that matters of a message which may carry a traceback of the graph's definition."""
    if _lacks_memory(error):
        return "the device is out of memory"
    text = str(error)
    telling = _WORTH_TELLING.findall(text)
    return f"the device failed: {telling[-1] if telling else text.strip().partition(chr(10))[0]}"
