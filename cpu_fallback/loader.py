"""Batches of samples over threads, a few pictures at a time, straight into their rows of the batch."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

from numpy.typing import NDArray

from cpu_fallback.arrays import Arrays
from cpu_fallback.crew import Crew
from cpu_fallback.viewer import Viewer
from gpu_im2rec.transcode import Failure
from gpu_im2rec.transcode.loading import Loaded, Sample, TensorSpec
from gpu_im2rec.transcode.memory import keep_freed_memory

_AT_A_TIME = 8  # pictures a thread takes at once
_AHEAD = 2  # batches under way besides the one that is waited for


class CpuLoader:
    """Decodes on ``threads`` threads; the same numbers for any number of them."""

    name = "cpu"

    def __init__(self, spec: TensorSpec, threads: int) -> None:
        self._spec = spec
        self._threads = threads
        self._arrays = Arrays(spec.dtype)

    def load(self, batches: Iterable[list[Sample]]) -> Generator[Loaded, None, None]:
        """See ``Loader``. Holds at most three batches, and memory for them is used again once nobody refers to it."""
        keep_freed_memory()
        crew = Crew(partial(Viewer, self._spec))
        pool = ThreadPoolExecutor(self._threads, thread_name_prefix="load")
        waiting: deque[_Batch] = deque()
        try:
            for samples in batches:
                waiting.append(self._start(pool, crew, samples))
                if len(waiting) > _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _start(self, pool: ThreadPoolExecutor, crew: Crew[Viewer], samples: list[Sample]) -> _Batch:
        data = self._arrays.empty(self._spec.batch_shape(len(samples)))
        starts = range(0, len(samples), _AT_A_TIME)
        spans = [slice(start, start + _AT_A_TIME) for start in starts]
        return _Batch(data, [pool.submit(_view, crew, samples[span], data[span], span.start) for span in spans])


class _Batch(NamedTuple):
    data: NDArray[Any]
    tasks: list[Future[dict[int, Failure]]]

    def result(self) -> Loaded:
        failures: dict[int, Failure] = {}
        for task in self.tasks:
            failures |= task.result()
        return Loaded(self.data, failures)


def _view(crew: Crew[Viewer], samples: list[Sample], rows: NDArray[Any], first: int) -> dict[int, Failure]:
    """Fill ``rows``, the first of which is number ``first`` of the batch; its failures."""
    with crew.worker() as viewer:
        outcomes = [viewer.view(sample, row) for sample, row in zip(samples, rows, strict=True)]
    return {number: failure for number, failure in enumerate(outcomes, first) if failure}
