"""Batches over threads: the codecs release the interpreter's lock, so threads fill the cores."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Protocol

from cpu_fallback.child import Transcodes
from cpu_fallback.crew import Crew, Worker
from gpu_im2rec.transcode import Encoded, Failure, Meter, Source, TranscodeSpec
from gpu_im2rec.transcode.memory import keep_freed_memory

Results = list[Encoded | Failure]


class TranscodingWorker(Transcodes, Worker, Protocol):
    """What a thread of an engine works with."""


class CpuEngine:
    """Transcodes on ``workers`` threads; the same bytes for any number of them.

    Each thread has a worker of its own from ``make``; by default a transcoder that works in the thread.
    """

    name = "cpu"
    seam = 1

    def __init__(self, spec: TranscodeSpec, workers: int, make: Callable[[], TranscodingWorker] | None = None) -> None:
        if make is None:
            from cpu_fallback.transcoder import Transcoder  # noqa: PLC0415 (codecs: other processes load their own)

            make = partial(Transcoder, spec)
        self.meter = Meter(workers)
        self._spec = spec
        self._workers = workers
        self._make = make
        self._kept: Crew[TranscodingWorker] | None = None

    def transcode(self, batches: Iterable[list[Source]]) -> Generator[Results, None, None]:
        """One result per source, in order. Holds at most three batches a worker."""
        keep_freed_memory()
        pool = ThreadPoolExecutor(self._workers, thread_name_prefix="transcode")
        crew = self._kept or Crew(self._make)
        waiting: deque[Future[Results]] = deque()
        try:
            for batch in batches:
                waiting.append(pool.submit(_transcode_batch, crew, self.meter, batch))
                if len(waiting) >= 3 * self._workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            if crew is not self._kept:
                crew.close()
            pool.shutdown(wait=True, cancel_futures=True)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Within it, workers outlive a call of ``transcode`` and serve the next."""
        self._kept = Crew(self._make)
        try:
            yield
        finally:
            self._kept.close()
            self._kept = None

    def stages(self, sources: list[Source]) -> dict[str, float]:
        """Pictures a second that all workers together could decode, resize or encode, did they nothing else."""
        from cpu_fallback.stopwatch import Stopwatch, rates  # noqa: PLC0415 (codecs)

        keep_freed_memory()
        stopwatches = [Stopwatch(self._spec) for _ in range(self._workers)]
        with ThreadPoolExecutor(self._workers) as pool:
            shares = [sources[number :: self._workers] for number in range(self._workers)]
            list(pool.map(lambda stopwatch, share: stopwatch.run(share), stopwatches, shares))
        return rates(stopwatches, len(sources))


def _transcode_batch(crew: Crew[TranscodingWorker], meter: Meter, batch: list[Source]) -> Results:
    with crew.worker() as worker, meter:
        results = [source.failure or worker.transcode(source) for source in batch]
    meter.count(len(batch))
    return results
