"""DALI on the CPU decodes and resizes; it has no encoder, so OpenCV encodes, in threads, and this project writes."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import cv2
import numpy as np

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from nvidia.dali import fn, pipeline_def, types

from benchmarks.pack.records import OUT, pictures
from benchmarks.pack.task import EDGE, QUALITY, Task
from gpu_im2rec.recordio import RecordWriter, pack_header

__all__ = ["pack", "pictures"]

_BATCH = 32  # pictures; of 12 megapixels they are 1.2 GB


def pack(task: Task) -> None:
    """With as many threads as workers for DALI, and as many for OpenCV."""
    entries = [*task.entries()]
    batches = [entries[start : start + _BATCH] for start in range(0, len(entries), _BATCH)]
    decoded = _pipeline(([np.fromfile(file, np.uint8) for *_, file in batch] for batch in batches), task.workers)
    with ThreadPoolExecutor(task.workers) as pool, RecordWriter(task.out / OUT) as writer:
        for batch in batches:
            (pixels,) = decoded.run()
            contents = pool.map(_encoded, [pixels.at(number) for number in range(len(batch))])
            for (index, label, _), content in zip(batch, contents, strict=True):
                writer.append(index, pack_header(index, [label], packed=False), content)


def _pipeline(files: Iterator[list[np.ndarray]], threads: int) -> Any:
    @pipeline_def(batch_size=_BATCH, num_threads=threads, device_id=None)
    def decoding() -> Any:
        encoded = fn.external_source(source=files, dtype=types.UINT8, ndim=1)
        pixels = fn.decoders.image(encoded, device="cpu", output_type=types.BGR)
        return fn.resize(pixels, resize_shorter=EDGE)  # antialiased, as it is by default

    pipeline = decoding()
    pipeline.build()
    return pipeline


def _encoded(pixels: np.ndarray) -> bytes:
    return bytes(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1])
