"""The DALI graph: JPEG files in, upright, cropped and resized pixels out. One graph for the GPU and for the CPU."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from gpu_im2rec.gpu.admission import Job
from gpu_im2rec.gpu.flow import Decode, Flow, GraphSettings, Inputs
from gpu_im2rec.gpu.jpeg_encoder import Pixels
from gpu_im2rec.gpu.jpeg_tables import tiny_jpeg
from gpu_im2rec.transcode import TranscodeSpec
from gpu_im2rec.transcode.geometry import Box, Plan


class Graph:
    """A running graph, fed and collected as a ``Flow`` is."""

    def __init__(self, spec: TranscodeSpec, settings: GraphSettings, device_id: int | None) -> None:
        """On the CUDA device ``device_id``, or on the CPU where it is None."""
        self._spec = spec
        self._fed: deque[list[Job]] = deque()
        self._held: Any = None
        self._flow = Flow(partial(_define, spec), _inputs(spec, [tiny_job(1)]), settings, device_id)

    def feed(self, jobs: list[Job]) -> None:
        """Start decoding ``jobs``, at most ``batch_size``."""
        self._fed.append(jobs)
        self._flow.feed(_inputs(self._spec, jobs))

    def collect(self) -> list[Pixels]:
        """The oldest batch's pixels, which stay valid until the next call."""
        jobs = self._fed.popleft()
        self._held = self._flow.collect()
        return [
            Pixels(self._held[place].data_ptr(), width, height, channels, job.components)
            for place, (job, (height, width, channels)) in enumerate(zip(jobs, self._held.shape(), strict=True))
        ]

    def restart(self, free_memory: Callable[[], None]) -> None:
        """See ``Flow``."""
        self._held = None
        self._fed.clear()
        self._flow.restart(free_memory)


def _define(spec: TranscodeSpec, fn: Any, types: Any, decode: Decode) -> Any:
    pixels = decode(spec.color)
    if spec.center_crop:
        crops = fn.external_source(name="crops", dtype=types.FLOAT, ndim=1)
        pixels = fn.crop(pixels, crop=crops, rounding="truncate")
    if spec.resize:
        sizes = fn.external_source(name="sizes", dtype=types.FLOAT, ndim=1)
        antialias = spec.interp == "antialias"
        pixels = fn.resize(pixels, size=sizes, interp_type=types.INTERP_LINEAR, antialias=antialias)
    return pixels


def _inputs(spec: TranscodeSpec, jobs: list[Job]) -> Inputs:
    inputs: Inputs = {"files": [job.data for job in jobs]}
    if spec.center_crop:
        inputs["crops"] = _edges([(job.plan.crop.height, job.plan.crop.width) for job in jobs])
    if spec.resize:
        inputs["sizes"] = _edges([job.plan.size[::-1] for job in jobs])
    return inputs


def _edges(edges: list[tuple[float, ...]]) -> Any:
    """(n, 2) float32: height and width for each picture, as DALI takes them."""
    return np.array(edges, np.float32)


def tiny_job(components: int) -> Job:
    """A grey picture of 8x8 pixels."""
    return Job(np.frombuffer(tiny_jpeg(), np.uint8), Plan(Box(0, 0, 8, 8), (8, 8)), components, 0)
