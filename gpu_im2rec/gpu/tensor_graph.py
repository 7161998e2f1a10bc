"""The loader's DALI graph: JPEG files in, a batch of numbers out. One graph for the GPU and for the CPU."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from gpu_im2rec.gpu.admission import Job
from gpu_im2rec.gpu.arrays import Arrays
from gpu_im2rec.gpu.flow import Decode, Flow, GraphSettings, Inputs
from gpu_im2rec.gpu.graph import tiny_job
from gpu_im2rec.gpu.lending import Lender
from gpu_im2rec.transcode.loading import TensorSpec


class TensorGraph:
    """A ``Device`` that gives one array a batch, as ``TensorSpec.batch_shape`` says."""

    def __init__(self, spec: TensorSpec, settings: GraphSettings, arrays: Arrays, device_id: int | None) -> None:
        """On the CUDA device ``device_id``, or on the CPU where it is None; ``arrays`` are in the same place."""
        self.depth = settings.depth
        self._spec, self._arrays = spec, arrays
        self._lender = Lender(arrays)
        self._flow = Flow(partial(_define, spec), _inputs([tiny_job(spec.channels)]), settings, device_id)

    def feed(self, jobs: list[Job]) -> None:
        """See ``Device``; at most ``batch_size`` jobs."""
        self._flow.feed(_inputs(jobs))

    def collect(self) -> Any:
        """The oldest batch's numbers, DALI's own memory. All work of the device on it is done."""
        return self._lender.lend(self._flow.collect().as_tensor())

    def restart(self) -> None:
        """See ``Device``. Arrays that were given stay as they are."""
        self._flow.restart(self._arrays.free_memory)


def _define(spec: TensorSpec, fn: Any, types: Any, decode: Decode) -> Any:
    """Where a crop has the size that comes out, the filter's weights are 1 and 0: the pixels pass it as they are."""
    starts, ends = (fn.external_source(name=name, dtype=types.FLOAT, ndim=1) for name in ("starts", "ends"))
    seen = fn.resize(
        decode(spec.color),
        size=(spec.height, spec.width),
        roi_start=starts,
        roi_end=ends,
        interp_type=types.INTERP_LINEAR,
        antialias=True,
    )
    return fn.crop_mirror_normalize(
        seen,
        mirror=fn.external_source(name="mirrors", dtype=types.INT32, ndim=0),
        mean=list(spec.shift),
        std=[float(value) for value in spec.std[: spec.channels]],
        scale=float(spec.scale),
        dtype={"float32": types.FLOAT, "uint8": types.UINT8, "int8": types.INT8}[spec.dtype],
        output_layout={"NCHW": "CHW", "NHWC": "HWC"}[spec.layout],
    )


def _inputs(jobs: list[Job]) -> Inputs:
    crops = np.array([job.plan.crop for job in jobs])  # left, top, width, height
    starts = crops[:, 1::-1]
    return {
        "files": [job.data for job in jobs],
        "starts": starts.astype(np.float32),  # top and left, as DALI takes them
        "ends": (starts + crops[:, :1:-1]).astype(np.float32),
        "mirrors": np.array([job.mirror for job in jobs], np.int32),
    }
