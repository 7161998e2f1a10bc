"""NVIDIA DALI on the CPU, with two threads."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.read.measure import Epoch
from benchmarks.read.sources import Source
from benchmarks.read.task import BATCH, EDGE, MEAN, STD

Output = Callable[[Any], np.ndarray]  # of a TensorList


def copied(tensors: Any) -> np.ndarray:
    """A batch of one's own."""
    return tensors.as_array()


def view(tensors: Any) -> np.ndarray:
    """DALI's own memory, which a later run overwrites."""
    return np.asarray(tensors.as_tensor())


def whole(source: Source, output: Output) -> Epoch:
    """Decode all of a picture, resize it where the source says so, crop and normalise."""
    from nvidia.dali import fn

    def graph(files: Any) -> Any:
        images = fn.decoders.image(files, device="cpu", jpeg_fancy_upsampling=True)
        if source.resize:
            images = fn.resize(images, resize_shorter=source.resize)  # antialiased, as it is by default
        return _normalised(images)

    return _epoch(source, graph, output)


def fused(source: Source, output: Output) -> Epoch:
    """Decode what the crop needs, normalise."""
    return _epoch(source, lambda files: _normalised(_cropped(files)), output)


def fused_levels(source: Source, output: Output) -> Epoch:
    """Decode what the crop needs: uint8, NHWC."""
    return _epoch(source, _cropped, output)


def _cropped(files: Any) -> Any:
    from nvidia.dali import fn

    return fn.decoders.image_crop(files, crop=(EDGE, EDGE), device="cpu", jpeg_fancy_upsampling=True)


def _normalised(images: Any) -> Any:
    from nvidia.dali import fn, types

    return fn.crop_mirror_normalize(
        images, crop=(EDGE, EDGE), mean=MEAN, std=STD, dtype=types.FLOAT, output_layout="CHW"
    )


def _epoch(source: Source, graph: Callable[[Any], Any], output: Output) -> Epoch:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from nvidia.dali import fn, pipeline_def

        @pipeline_def(batch_size=BATCH, num_threads=2, device_id=None)
        def reading() -> tuple[Any, ...]:
            index = str(source.rec.with_suffix(".idx"))
            files, labels = fn.readers.mxnet(path=str(source.rec), index_path=index, name="reader")
            return graph(files), labels

        pipeline = reading()
        pipeline.build()

    def batches() -> Iterator[np.ndarray]:
        for _ in range(math.ceil(source.about.entries / BATCH)):
            yield output(pipeline.run()[0])

    return batches
