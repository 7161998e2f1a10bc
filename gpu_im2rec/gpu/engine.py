"""The GPU engine: what the device takes goes there in large batches, the rest to the CPU engine, all in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import Any

from gpu_im2rec.gpu.admission import Admit, Job
from gpu_im2rec.gpu.admission import admit as admit_for_dali
from gpu_im2rec.gpu.device import FileDevice
from gpu_im2rec.gpu.lane import FileLane, Outcome, outcomes
from gpu_im2rec.transcode import Encoded, Failure, Meter, Rescue, Source, TranscodeSpec
from gpu_im2rec.transcode.memory import keep_freed_memory

Result = Encoded | Failure

_SOURCES_A_PICTURE = 4  # a load is sent off with fewer pictures for the device when it has many that are not


@dataclass(frozen=True, slots=True)
class Limits:
    """What one batch on the device may be."""

    pictures: int
    memory: int  # bytes on the device, as ``Job.memory`` counts them
    files: int = 64 << 20  # bytes on the host: of the files of one batch
    seam: int = 4096  # sources, counted from the first: no batch has some before and some behind a multiple of it

    @property
    def picture_memory(self) -> int:
        """Bytes for one picture: larger ones would leave the device waiting for them alone."""
        return self.memory // 4


class GpuEngine:
    """Transcodes on ``device``, and with ``rescue`` what the device does not take or fails to do.

    Which pictures share a batch depends on the list and ``limits`` alone, so the bytes are the same in every run on one
    machine. The exact engine's limits depend on what memory is free, but its bytes on nothing.
    Files of at most ``device.depth + 2`` batches are held.
    """

    def __init__(
        self,
        spec: TranscodeSpec,
        device: FileDevice,
        rescue: Rescue,
        limits: Limits,
        name: str = "gpu",
        admit: Admit | None = None,
    ) -> None:
        self.name = name
        self.seam = limits.seam
        self.meter = Meter(1)  # of the thread that feeds the device, waits for it and collects from it
        self._limits = limits
        self._admit = admit or partial(admit_for_dali, spec)
        self._device, self._lane, self._rescue = device, FileLane(device), rescue

    def transcode(self, batches: Iterable[list[Source]]) -> Generator[list[Result], None, None]:
        """One result per source, in order; closing the iterator stops the work."""
        keep_freed_memory()
        lengths: deque[int] = deque()
        ready: deque[Result] = deque()
        work = _Work(self._admit, self._lane, self._rescue, self._limits, self.meter)
        try:
            with self._rescue.kept():
                for batch in batches:
                    lengths.append(len(batch))
                    for source in batch:
                        work.add(source)
                    ready.extend(work.finished())
                    yield from islice(_whole_batches(lengths, ready), 2)  # no more, lest the reading pause meanwhile
                ready.extend(work.rest())
                yield from _whole_batches(lengths, ready)
        finally:
            work.close()

    def stages(self, sources: list[Source]) -> dict[str, float]:
        """See ``FileDevice.stages``; only of pictures that the device takes, as many as fit into a batch."""
        jobs: list[Job] = []
        memory = 0
        for source in sources:
            job = self._admit(source, self._limits.picture_memory)
            if isinstance(job, Job) and memory + job.memory <= self._limits.memory:
                jobs.append(job)
                memory += job.memory
        return self._device.stages(jobs[: self._limits.pictures]) if jobs else {}


def _whole_batches(lengths: deque[int], ready: deque[Result]) -> Generator[list[Result], None, None]:
    while lengths and lengths[0] <= len(ready):
        yield [ready.popleft() for _ in range(lengths.popleft())]


@dataclass(slots=True)
class _Load:
    """A run of sources, and what is done for them where. The device gets ``jobs``, for the sources at ``places``."""

    sources: list[Source] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)  # place → why the CPU engine does it
    memory: int = 0  # of all jobs
    files: int = 0  # bytes of all sources
    fed: Future[None] | None = None
    outcomes: Future[Sequence[Outcome] | str] | None = None
    rescued: Future[dict[int, Result]] | None = None


class _Work:
    """One run: builds loads, hands them to the device's thread and the rescue's, and puts the results together."""

    def __init__(self, admit: Admit, lane: FileLane, rescue: Rescue, limits: Limits, meter: Meter) -> None:
        self._admit, self._lane, self._rescue, self._limits, self._meter = admit, lane, rescue, limits, meter
        self._device_thread = ThreadPoolExecutor(1, thread_name_prefix="device")
        self._rescue_thread = ThreadPoolExecutor(1, thread_name_prefix="rescue")
        self._load = _Load()
        self._added = 0
        self._fed: deque[_Load] = deque()  # on the device, not yet asked for
        self._waiting: deque[_Load] = deque()  # every load under way, oldest first

    def add(self, source: Source) -> None:
        """Put ``source`` into the load at hand, and send that off when it is full."""
        if source.failure is None:
            job = self._admit(source, self._limits.picture_memory)
            if isinstance(job, str):
                self._load.refused[len(self._load.sources)] = job
            else:
                if self._load.memory + job.memory > self._limits.memory:
                    self._send()
                self._load.places.append(len(self._load.sources))
                self._load.jobs.append(job)
                self._load.memory += job.memory
        self._load.sources.append(source)
        self._load.files += len(source.data)
        self._added += 1
        full = len(self._load.jobs) >= self._limits.pictures or self._load.files >= self._limits.files
        long = len(self._load.sources) >= _SOURCES_A_PICTURE * self._limits.pictures
        if full or long or self._added % self._limits.seam == 0:
            self._send()

    def finished(self) -> Iterable[Result]:
        """Results of the oldest loads, as many as it takes to keep no more than the device has use for."""
        while len(self._waiting) > self._lane.depth + 1:
            yield from self._results(self._waiting.popleft())

    def rest(self) -> Iterable[Result]:
        """All results that are left; nothing can be added after that."""
        self._send()
        while self._fed:
            self._collect()
        while self._waiting:
            yield from self._results(self._waiting.popleft())

    def close(self) -> None:
        """Stop, dropping what is under way."""
        for thread in (self._device_thread, self._rescue_thread):
            thread.shutdown(wait=True, cancel_futures=True)
        self._lane.abandon()

    def _send(self) -> None:
        load, self._load = self._load, _Load()
        self._waiting.append(load)
        if load.refused:
            load.rescued = self._rescue_thread.submit(self._rescued, load, load.refused)
        if load.jobs:
            load.fed = self._device_thread.submit(self._meter.timed, self._lane.feed, load.jobs)
            self._fed.append(load)
            if len(self._fed) >= self._lane.depth:
                self._collect()

    def _collect(self) -> None:
        load = self._fed.popleft()
        load.outcomes = self._device_thread.submit(self._collected, len(load.jobs))

    def _collected(self, jobs: int) -> Sequence[Outcome] | str:
        result = self._meter.timed(self._lane.collect)
        self._meter.count(jobs)
        return result

    def _results(self, load: _Load) -> list[Result]:
        results: list[Any] = [source.failure for source in load.sources]
        failed: dict[int, str] = {}
        if load.jobs:
            for place, outcome in zip(load.places, self._outcomes(load), strict=True):
                if isinstance(outcome, bytes):
                    results[place] = Encoded(outcome)
                else:
                    failed[place] = outcome
        rescued = load.rescued.result() if load.rescued else {}
        for place, result in (rescued | self._rescued(load, failed)).items():
            results[place] = result
        self._meter.count(len(load.sources) - len(load.jobs))
        return results

    def _outcomes(self, load: _Load) -> Sequence[Outcome]:
        if load.outcomes is None:  # too few came after it to push it out
            self._collect()
        assert load.fed and load.outcomes
        load.fed.result()
        return outcomes(load.jobs, load.outcomes.result())

    def _rescued(self, load: _Load, reasons: dict[int, str]) -> dict[int, Result]:
        """The CPU engine's results for the places in ``reasons``, each with the reason why it was asked."""
        if not reasons:
            return {}
        batches = self._rescue.transcode([load.sources[place]] for place in reasons)
        results = (result for batch in batches for result in batch)
        return {
            place: replace(result, rescue=reason) if isinstance(result, Encoded) else result
            for (place, reason), result in zip(reasons.items(), results, strict=True)
        }
