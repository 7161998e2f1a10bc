"""Measuring the stages of a run while it goes on: a few readings of the clock for each batch."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

from gpu_im2rec.packing.pace import Pace
from gpu_im2rec.packing.read_ahead import ReadMeter
from gpu_im2rec.packing.source_sizes import SourceSizes
from gpu_im2rec.packing.stages import Name, Stage, Stages, fill_of_write, of_processes
from gpu_im2rec.transcode import Meter


class Clock:
    """What the run's own thread does with its time. It tells; any thread may ask."""

    def __init__(self, lines: int = 0) -> None:
        """``lines`` of the list were done before."""
        self.written = 0
        self._before = lines
        self._pace = Pace(lines)
        self._waited: dict[Name, float] = {"read": 0.0, "transcode": 0.0, "write": 0.0}
        self._now: Name = "read"
        self._goes = False
        self._started = self._since = 0.0
        self._cpu = self._own_cpu = 0.0  # processor time, of all threads and of the run's own; first at the start
        self._lock = threading.Lock()

    def start(self) -> None:
        """The work begins; for the run's own thread."""
        with self._lock:
            self._started = self._since = time.perf_counter()
            self._cpu, self._own_cpu = time.process_time(), time.thread_time()
            self._goes = True

    def stop(self) -> None:
        """The work has ended; for the run's own thread."""
        self.turn_to("read")
        with self._lock:
            self._cpu, self._own_cpu = time.process_time() - self._cpu, time.thread_time() - self._own_cpu
            self._goes = False

    def turn_to(self, stage: Name) -> None:
        """From now on it waits for ``stage``; or, for "write", it writes. For the run's own thread."""
        with self._lock:
            now = time.perf_counter()
            self._waited[self._now] += now - self._since
            self._now, self._since = stage, now

    def wrote(self, pictures: int) -> None:
        """So many more have gone through all stages, by the last turn."""
        self.written += pictures
        self._pace.add(self._since - self._started, self._before + self.written)

    def pace(self, seconds: float) -> list[tuple[float, int]]:
        """Seconds of work and lines done by then, up to the end, which came after ``seconds``."""
        return self._pace.ended(seconds, self._before + self.written)

    def stages(self) -> Stages:
        """Up to now, of this thread alone."""
        with self._lock:
            waited = dict(self._waited)
            if self._goes:
                waited[self._now] += time.perf_counter() - self._since
            cpu, own_cpu = (time.process_time() - self._cpu, 0.0) if self._goes else (self._cpu, self._own_cpu)
        read, transcode = (Stage(1, 0, 0, waited[name]) for name in ("read", "transcode"))
        write = Stage(1, waited["write"], self.written, waited["write"])
        return Stages(sum(waited.values()), cpu, own_cpu, 0, read, transcode, write)


class RunMeter(Protocol):
    """What measures a run."""

    clock: Clock

    def stages(self) -> Stages:
        """All stages up to now; for any thread."""
        ...

    def sizes(self) -> SourceSizes:
        """Of the pictures, once all are read."""
        ...


class ThreadsMeter:
    """Of a run whose stages work in threads of this process."""

    def __init__(self, reading: ReadMeter, engine: Meter, lines: int = 0, in_all: int = 0) -> None:
        """``engine`` may have worked before. ``lines`` of the list were done before, of so many ``in_all``."""
        self.clock = Clock(lines)
        self.reading = reading
        self.taken = 0  # pictures, by the engine
        self.sampled = SourceSizes(in_all - lines)
        self._transcoding = engine
        self._busy_before, self._done_before = engine.busy_seconds, engine.pictures

    def stages(self) -> Stages:
        """All stages up to now; for any thread."""
        own, reading, engine = self.clock.stages(), self.reading, self._transcoding
        done = engine.pictures - self._done_before
        in_engine = max(0, self.taken - done)
        busy = engine.busy_seconds - self._busy_before
        return Stages(
            own.seconds,
            own.cpu_seconds,
            own.own_cpu_seconds,
            in_engine,
            Stage(reading.width, reading.busy_seconds, reading.pictures, own.read.waited_seconds),
            Stage(engine.width, busy, done, own.transcode.waited_seconds, reading.fill),
            own.write._replace(fill=fill_of_write(done, own.write.pictures, in_engine)),
        )

    def sizes(self) -> SourceSizes:
        """Of the pictures that were read."""
        return self.sampled


class ProcessesMeter:
    """Of a run that other processes read and transcode for."""

    def __init__(self, lines: int = 0, in_all: int = 0) -> None:
        """``lines`` of the list were done before, of so many ``in_all``."""
        self.lines = in_all - lines  # of all processes together
        self.clock = Clock(lines)
        self.told: Callable[[], list[Stages]] = list  # what each process told last
        self.sampled: list[SourceSizes] = []  # of each process that has ended

    def stages(self) -> Stages:
        """All stages up to now; for any thread."""
        return of_processes(self.clock.stages(), self.told())

    def sizes(self) -> SourceSizes:
        """Of the pictures that the processes read."""
        return SourceSizes().joined(self.sampled)
