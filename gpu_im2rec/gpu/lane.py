"""Batches on a device, in order, whatever goes wrong there: what a batch does not give is left to the CPU."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable

from gpu_im2rec.gpu.admission import Job
from gpu_im2rec.gpu.device import Device

_NO_MEMORY = re.compile(r"bad_alloc|out of memory|MemoryAllocation|can't allocate", re.IGNORECASE)
_WORTH_TELLING = re.compile(r"^(?:nvImageCodec failure|.*CUDA|Error|Assert).*", re.MULTILINE)

Outcome = bytes | str  # a JPEG file, or why the device has none


class Lane:
    """Feeds a device and collects from it. Never raises for what a device or its driver does.

    One bad file fails its whole batch, and later batches come out right. Two failed batches in a row cast doubt on the
    device's state: it is started anew, and the second one tried once more. A batch that finds no memory is tried in
    halves on a fresh start. A device that cannot be started anew is given up, and gets no more work.
    """

    def __init__(self, device: Device) -> None:
        self._device = device
        self._underway: deque[list[Job]] = deque()
        self._doubtful = False
        self._given_up = ""  # why

    @property
    def depth(self) -> int:
        """Batches that may be fed before the oldest is collected."""
        return self._device.depth

    def feed(self, jobs: list[Job]) -> None:
        """Put ``jobs`` on the device; one ``collect`` for each ``feed``."""
        self._underway.append(jobs)
        if not self._given_up:
            try:
                self._device.feed(jobs)
            except (MemoryError, RuntimeError) as error:
                self._start_anew(error, self._underway)

    def collect(self) -> list[Outcome]:
        """What became of the oldest batch, one outcome a job."""
        jobs = self._underway.popleft()
        if self._given_up:
            return [self._given_up] * len(jobs)
        try:
            files = self._device.collect()
        except (MemoryError, RuntimeError) as error:
            return self._after(error, jobs)
        self._doubtful = False
        return list(files)

    def _after(self, error: Exception, jobs: list[Job]) -> list[Outcome]:
        if _lacks_memory(error):
            middle = (len(jobs) + 1) // 2
            return self._tried_again(error, [jobs[:middle], jobs[middle:]])
        if self._doubtful:
            return self._tried_again(error, [jobs])
        self._doubtful = True
        return [_told(error)] * len(jobs)

    def _tried_again(self, error: Exception, parts: list[list[Job]]) -> list[Outcome]:
        """Each of ``parts`` alone on a device that is started anew; then what the old one lost is fed again."""
        outcomes: list[Outcome] = []
        self._start_anew(error)
        for part in filter(None, parts):
            outcomes += self._alone(part)
        self._feed_all(self._underway)
        self._doubtful = False
        return outcomes

    def _alone(self, jobs: list[Job]) -> list[Outcome]:
        if self._given_up:
            return [self._given_up] * len(jobs)
        try:
            self._device.feed(jobs)
            return list(self._device.collect())
        except (MemoryError, RuntimeError) as error:
            self._start_anew(error)
            return [_told(error)] * len(jobs)

    def _start_anew(self, error: Exception, lost: Iterable[list[Job]] = ()) -> None:
        try:
            self._device.restart()
        except (MemoryError, RuntimeError) as failed:
            self._given_up = f"the device was given up: {_told(failed)}, after: {_told(error)}"
        self._feed_all(lost)

    def _feed_all(self, batches: Iterable[list[Job]]) -> None:
        if self._given_up:
            return
        try:
            for jobs in batches:
                self._device.feed(jobs)
        except (MemoryError, RuntimeError) as error:
            self._given_up = f"the device was given up: {_told(error)}"


def _lacks_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or bool(_NO_MEMORY.search(str(error)))


def _told(error: Exception) -> str:
    """The line that matters of a message which may carry a traceback of the graph's definition."""
    if _lacks_memory(error):
        return "the device is out of memory"
    text = str(error)
    telling = _WORTH_TELLING.findall(text)
    return f"the device failed: {telling[-1] if telling else text.strip().partition(chr(10))[0]}"
