"""The GPU loader: what the device takes goes there a batch at a time, the rest to the CPU loader, all in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

from gpu_im2rec.gpu.admission import Job, admit_sample
from gpu_im2rec.gpu.arrays import Arrays
from gpu_im2rec.gpu.graph import tiny_job
from gpu_im2rec.gpu.lane import Device, Lane
from gpu_im2rec.transcode.loading import Loaded, Loader, Sample, TensorSpec

_PICTURES_AT_LEAST = 4  # that fit into the memory of a batch: larger ones would leave the device waiting for them

Rescue = Callable[[list[Sample]], Future[Loaded]]


class GpuLoader:
    """Loads on ``device``, and with ``rescue`` what the device does not take or fails to do.

    A batch is an array of ``arrays``: CuPy's, over the memory into which DALI wrote it. DALI's work on it is done when
    it is handed out; rows of the rescue are copied in CuPy's current stream. It stays as it is for as long as anything
    refers to it, and by DLPack (``torch.from_dlpack``) it goes to other libraries without a copy. When it is let go,
    work on it may still be queued in CuPy's then current stream, but in no other: as with all of CuPy's arrays.

    At most ``device.depth`` batches are under way besides the one that was handed out. One ``load`` at a time.
    MemoryError comes out of it where not even a batch of the rescue finds room on the device.
    """

    def __init__(
        self,
        spec: TensorSpec,
        device: Device[Any],
        arrays: Arrays,
        rescue: Loader,
        batch_size: int,
        memory: int,
        name: str = "gpu",
    ) -> None:
        """``batch_size``: the largest of any batch; ``memory``: bytes of one on the device, as ``Job.memory`` counts.

        Pictures for which there is no more memory in their batch are loaded by ``rescue``.
        """
        self.name = name
        self._spec, self._lane, self._arrays, self._rescue = spec, Lane(device), arrays, rescue
        self._batch_size, self._memory = batch_size, memory
        self._tiny = tiny_job(spec.channels)

    def load(self, batches: Iterable[list[Sample]]) -> Generator[Loaded, None, None]:
        """See ``Loader``. Batches are made ready for the device in a thread, while the caller works on another one."""
        device, rescue = (ThreadPoolExecutor(1, thread_name_prefix=name) for name in ("device", "rescue"))
        under_way: deque[Future[_Load]] = deque()
        ready: deque[Future[_Load]] = deque()  # one at most, and nothing here refers to what was handed out

        def rescued(samples: list[Sample]) -> Future[Loaded]:
            return rescue.submit(self._rescued, samples)

        leave = self._lane.abandon
        try:
            for samples in batches:
                if len(under_way) == self._lane.depth:
                    ready.append(device.submit(self._collected, under_way.popleft()))
                under_way.append(device.submit(self._begun, samples, rescued))
                if ready:
                    yield self._loaded(ready.popleft().result(), rescued)
            while under_way:
                yield self._loaded(device.submit(self._collected, under_way.popleft()).result(), rescued)
        except GeneratorExit:
            leave = self._lane.drain
            raise
        finally:
            for thread in (device, rescue):
                thread.shutdown(wait=True, cancel_futures=True)
            leave()

    def _begun(self, samples: list[Sample], rescued: Rescue) -> _Load:
        jobs, places = self._admitted(samples)
        fed = len(places) < len(samples)
        missing = rescued([samples[place] for place in places]) if places or not fed else None
        if fed:
            self._lane.feed(jobs)
        return _Load(samples, places, missing, fed)

    def _admitted(self, samples: list[Sample]) -> tuple[list[Job], list[int]]:
        """A job for each sample, and the places at which it only stands in for what the device does not take."""
        if len(samples) > self._batch_size:
            raise ValueError(f"a batch of {len(samples)} samples for a loader of at most {self._batch_size}")
        if self._lane.given_up:
            return [], list(range(len(samples)))
        jobs, places = [], []
        left = self._memory
        for place, sample in enumerate(samples):
            job = admit_sample(sample, self._spec, min(left, self._memory // _PICTURES_AT_LEAST))
            if isinstance(job, str):
                places.append(place)
                job = self._tiny
            left -= job.memory
            jobs.append(job)
        return jobs, places

    def _collected(self, begun: Future[_Load]) -> _Load:
        load = begun.result()
        return load._replace(data=self._lane.collect()) if load.fed else load

    def _loaded(self, load: _Load, rescued: Rescue) -> Loaded:
        if isinstance(load.data, str):
            whole = load.missing if load.missing and not load.fed else rescued(load.samples)
            rows, failures = whole.result()
            return Loaded(self._arrays.uploaded(rows), failures)
        if not load.missing:
            return Loaded(load.data, {})
        rows, failures = load.missing.result()
        for place, row in zip(load.places, rows, strict=True):
            self._arrays.put(row, load.data, place)
        return Loaded(load.data, {load.places[number]: failure for number, failure in failures.items()})

    def _rescued(self, samples: list[Sample]) -> Loaded:
        [loaded] = self._rescue.load([samples])
        return loaded


class _Load(NamedTuple):
    """One batch on its way."""

    samples: list[Sample]
    places: list[int]  # of the samples that the device does not take
    missing: Future[Loaded] | None  # these, by the rescue
    fed: bool  # it was put on the device
    data: Any = "not on the device"  # from the device, or why there is none
