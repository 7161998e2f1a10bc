"""The DALI graph: JPEG files in, upright, cropped and resized pixels out. One graph for the GPU and for the CPU."""

from __future__ import annotations

import struct
import warnings
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from gpu_im2rec.gpu.admission import Job
from gpu_im2rec.gpu.jpeg_encoder import Pixels
from gpu_im2rec.gpu.jpeg_tables import header
from gpu_im2rec.transcode import TranscodeSpec
from gpu_im2rec.transcode.geometry import Box, Plan


@dataclass(frozen=True, slots=True)
class GraphSettings:
    """How the graph works; what comes out does not depend on it, as far as the device's decoders agree."""

    batch_size: int
    threads: int  # of the host, for parsing and for what the device's decoders leave to it
    hw_decoder_load: float = 0.9  # share of a batch for the hardware decoder, where there is one
    depth: int = 3  # batches in the graph at once: one waits, one is decoded while the one before is encoded


class Graph:
    """A running graph. ``feed`` and ``collect`` take turns: batches come out in the order in which they went in.

    A picture that cannot be decoded fails its whole batch, in ``collect``, with RuntimeError; lack of memory raises
    RuntimeError or MemoryError. For one thread at a time.
    """

    def __init__(self, spec: TranscodeSpec, settings: GraphSettings, device_id: int | None) -> None:
        """On the CUDA device ``device_id``, or on the CPU where it is None."""
        self._spec = spec
        self._pipeline = _build(spec, settings, device_id)
        self._fed: deque[list[Job]] = deque()
        self._held: Any = None
        self._start(settings.depth)

    def feed(self, jobs: list[Job]) -> None:
        """Start decoding ``jobs``, at most ``batch_size``."""
        self._feed(jobs)
        with _as_runtime_errors():
            self._pipeline.schedule_run()

    def collect(self) -> list[Pixels]:
        """The oldest batch's pixels, which stay valid until the next call."""
        jobs = self._fed.popleft()
        with _as_runtime_errors():
            (self._held,) = self._pipeline.outputs()
        return [
            Pixels(self._held[place].data_ptr(), width, height, channels, job.components)
            for place, (job, (height, width, channels)) in enumerate(zip(jobs, self._held.shape(), strict=True))
        ]

    def _feed(self, jobs: list[Job]) -> None:
        self._fed.append(jobs)  # DALI reads the files where they are: they must live until it has
        self._pipeline.feed_input("files", [job.data for job in jobs])
        if self._spec.center_crop:
            self._pipeline.feed_input("crops", _edges([(job.plan.crop.height, job.plan.crop.width) for job in jobs]))
        if self._spec.resize:
            self._pipeline.feed_input("sizes", _edges([job.plan.size[::-1] for job in jobs]))

    def _start(self, depth: int) -> None:
        """DALI's first run takes ``depth`` batches at once, every later one a single one: a tiny picture goes first."""
        for _ in range(depth):
            self._feed([tiny_job(1)])
        self._pipeline.schedule_run()
        for _ in range(depth):
            self.collect()


def _build(spec: TranscodeSpec, settings: GraphSettings, device_id: int | None) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about its own dependencies' ages
        from nvidia.dali import Pipeline, fn, types  # noqa: PLC0415 (takes a second, and may not be installed)

    on_gpu = device_id is not None
    decoding: dict[str, Any] = {"device": "mixed", "hw_decoder_load": settings.hw_decoder_load} if on_gpu else {}
    pipeline = Pipeline(
        batch_size=settings.batch_size,
        num_threads=settings.threads,
        device_id=device_id,
        prefetch_queue_depth=settings.depth,
    )
    with pipeline:
        files = fn.external_source(name="files", dtype=types.UINT8, ndim=1, no_copy=True)
        pixels = fn.decoders.image(
            files,
            output_type=types.GRAY if spec.color == 0 else types.RGB,
            adjust_orientation=spec.color != -1,
            jpeg_fancy_upsampling=True,
            **decoding,
        )
        if spec.center_crop:
            crops = fn.external_source(name="crops", dtype=types.FLOAT, ndim=1)
            pixels = fn.crop(pixels, crop=crops, rounding="truncate")
        if spec.resize:
            sizes = fn.external_source(name="sizes", dtype=types.FLOAT, ndim=1)
            antialias = spec.interp == "antialias"
            pixels = fn.resize(pixels, size=sizes, interp_type=types.INTERP_LINEAR, antialias=antialias)
        pipeline.set_outputs(pixels)
    pipeline.build()
    return pipeline


@contextmanager
def _as_runtime_errors() -> Iterator[None]:
    """DALI's own errors about a picture come as these too, by way of C++'s invalid_argument and out_of_range."""
    try:
        yield
    except (ValueError, IndexError) as error:
        raise RuntimeError(str(error)) from None


def _edges(edges: list[tuple[float, ...]]) -> Any:
    """(n, 2) float32: height and width for each picture, as DALI takes them."""
    return np.array(edges, np.float32)


def tiny_job(components: int) -> Job:
    """A grey JPEG of 8x8 pixels: one block, whose only code says that all its coefficients are zero."""
    before, after = header(50, 1)
    data = before + struct.pack(">HH", 8, 8) + after + b"\x2b\xff\xd9"
    return Job(np.frombuffer(data, np.uint8), Plan(Box(0, 0, 8, 8), (8, 8)), components, 0)
