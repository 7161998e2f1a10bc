"""The three stages of a run, in figures: files are read, pictures transcoded, records written.

The run's own thread pulls everything, so at each moment it does one of three things: it waits for files, it waits for
the engine, or it writes. The stage that it gives most of its time to bounds the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

Name = Literal["read", "transcode", "write"]


class Stage(NamedTuple):
    """One stage, from the start of the work up to some moment."""

    threads: int  # at work on it: read threads; the engine's workers, or one for each GPU; the run's own thread
    busy_seconds: float  # of them all together
    pictures: int  # done, the ones that failed too
    waited_seconds: float  # of the run's own thread: waiting for this stage; for write, writing
    fill: float = 0.0  # 0 … 1, of the queue in front of it at that moment; in front of read there is none


@dataclass(frozen=True, slots=True)
class Stages:
    """All of them, from the start of the work up to some moment; or, as ``since`` gives it, between two moments."""

    seconds: float  # that the run's own thread was at it: the sum of the three ``waited_seconds``
    cpu_seconds: float  # of processor time, of all threads of this process, or of all processes that work
    own_cpu_seconds: float  # of processor time, of the run's own thread; known at its end, 0 before
    in_engine: int  # pictures that it has, and has not transcoded yet
    read: Stage
    transcode: Stage
    write: Stage

    def named(self) -> list[tuple[Name, Stage]]:
        """Each with its name, in the order of the work."""
        return [("read", self.read), ("transcode", self.transcode), ("write", self.write)]

    def busy_share(self, stage: Stage) -> float:
        """0 … 1: how much of the time the threads of ``stage`` were at work, on average."""
        return min(1.0, stage.busy_seconds / (stage.threads * self.seconds)) if self.seconds > 0 else 0.0

    def waited_share(self, stage: Stage) -> float:
        """0 … 1: how much of the time the run's own thread waited for ``stage``; for write, wrote."""
        return min(1.0, stage.waited_seconds / self.seconds) if self.seconds > 0 else 0.0

    def since(self, earlier: Stages) -> Stages:
        """What was done from ``earlier`` up to this moment."""
        return Stages(
            self.seconds - earlier.seconds,
            self.cpu_seconds - earlier.cpu_seconds,
            self.own_cpu_seconds - earlier.own_cpu_seconds,
            self.in_engine,
            _since(self.read, earlier.read),
            _since(self.transcode, earlier.transcode),
            _since(self.write, earlier.write),
        )

    def after(self, earlier: Stages) -> Stages:
        """These, of work that came after ``earlier``, as if both were one."""
        return Stages(
            earlier.seconds + self.seconds,
            earlier.cpu_seconds + self.cpu_seconds,
            earlier.own_cpu_seconds + self.own_cpu_seconds,
            self.in_engine,
            _after(self.read, earlier.read),
            _after(self.transcode, earlier.transcode),
            _after(self.write, earlier.write),
        )


def of_processes(own: Stages, processes: Sequence[Stages]) -> Stages:
    """The stages of a run whose files are read and transcoded by ``processes``; ``own`` writes, and waits for them.

    What it waits is divided as what they wait is divided, between files and their engines.
    """
    reads, engines = [one.read for one in processes], [one.transcode for one in processes]
    waited = own.read.waited_seconds + own.transcode.waited_seconds
    for_files, for_engines = (sum(stage.waited_seconds for stage in stages) for stages in (reads, engines))
    share = for_files / (for_files + for_engines) if for_files + for_engines > 0 else 0.0
    in_engine = sum(one.in_engine for one in processes)
    transcode = _sum(engines, waited * (1 - share))
    return Stages(
        own.seconds,
        own.cpu_seconds + sum(one.cpu_seconds for one in processes),
        own.own_cpu_seconds,
        in_engine,
        _sum(reads, waited * share),
        transcode,
        own.write._replace(fill=fill_of_write(transcode.pictures, own.write.pictures, in_engine)),
    )


def fill_of_write(transcoded: int, written: int, in_engine: int) -> float:
    """The share of pictures that wait to be written, of all that were given to the engine and are not written.

    Near 1 where writing bounds, near 0 where transcoding does. Where reading does it may be anything: what is done then
    waits for the run's own thread, which waits for files.
    """
    waiting = max(0, transcoded - written)
    return waiting / (waiting + in_engine) if waiting else 0.0


def _since(now: Stage, then: Stage) -> Stage:
    return now._replace(
        busy_seconds=now.busy_seconds - then.busy_seconds,
        pictures=now.pictures - then.pictures,
        waited_seconds=now.waited_seconds - then.waited_seconds,
    )


def _after(now: Stage, then: Stage) -> Stage:
    return now._replace(
        busy_seconds=then.busy_seconds + now.busy_seconds,
        pictures=then.pictures + now.pictures,
        waited_seconds=then.waited_seconds + now.waited_seconds,
    )


def _sum(stages: Sequence[Stage], waited: float) -> Stage:
    return Stage(
        max(1, sum(stage.threads for stage in stages)),
        sum(stage.busy_seconds for stage in stages),
        sum(stage.pictures for stage in stages),
        waited,
        sum(stage.fill for stage in stages) / max(1, len(stages)),
    )
