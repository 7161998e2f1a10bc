"""Batches over threads: the codecs release the interpreter's lock, so threads fill the cores."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from cpu_fallback.stopwatch import Stopwatch, rates
from cpu_fallback.transcoder import Transcoder
from gpu_im2rec.transcode import Encoded, Failure, Source, TranscodeSpec
from gpu_im2rec.transcode.memory import keep_freed_memory

Results = list[Encoded | Failure]


class CpuEngine:
    """Transcodes on ``workers`` threads; the same bytes for any number of them."""

    name = "cpu"
    seam = 1

    def __init__(self, spec: TranscodeSpec, workers: int) -> None:
        self._spec = spec
        self._workers = workers
        self._per_thread = threading.local()

    def transcode(self, batches: Iterable[list[Source]]) -> Generator[Results, None, None]:
        """One result per source, in order. Holds at most three batches a worker."""
        keep_freed_memory()
        pool = ThreadPoolExecutor(self._workers, thread_name_prefix="transcode")
        waiting: deque[Future[Results]] = deque()
        try:
            for batch in batches:
                waiting.append(pool.submit(self._transcode_batch, batch))
                if len(waiting) >= 3 * self._workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def stages(self, sources: list[Source]) -> dict[str, float]:
        """Pictures a second that all workers together could decode, resize or encode, did they nothing else."""
        keep_freed_memory()
        stopwatches = [Stopwatch(self._spec) for _ in range(self._workers)]
        with ThreadPoolExecutor(self._workers) as pool:
            shares = [sources[number :: self._workers] for number in range(self._workers)]
            list(pool.map(lambda stopwatch, share: stopwatch.run(share), stopwatches, shares))
        return rates(stopwatches, len(sources))

    def _transcode_batch(self, batch: list[Source]) -> Results:
        transcoder = self._transcoder()
        return [source.failure or transcoder.transcode(source) for source in batch]

    def _transcoder(self) -> Transcoder:
        mine: Transcoder | None = getattr(self._per_thread, "transcoder", None)
        if mine is None:
            mine = self._per_thread.transcoder = Transcoder(self._spec)
        return mine
