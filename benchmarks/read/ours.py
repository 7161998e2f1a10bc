"""This project's readers."""

from __future__ import annotations

from benchmarks.read.measure import Epoch
from benchmarks.read.sources import Source
from benchmarks.read.task import BATCH, EDGE, MEAN, STD
from gpu_im2rec import ImageRecordIter


def floats(source: Source) -> Epoch:
    """`ImageRecordIter`: normalised float32, NCHW."""
    numbers = dict(zip(("mean_r", "mean_g", "mean_b", "std_r", "std_g", "std_b"), (*MEAN, *STD), strict=True))
    return _batches(source, **numbers)


def levels(source: Source) -> Epoch:
    """`ImageRecordIter`: uint8 as decoded, NHWC."""
    return _batches(source, dtype="uint8", layout="NHWC")


def _batches(source: Source, **options: object) -> Epoch:
    batches = ImageRecordIter(
        path_imgrec=source.rec,
        data_shape=(3, EDGE, EDGE),
        batch_size=BATCH,
        resize=source.resize or -1,
        preprocess_threads=2,
        device="cpu",
        **options,  # type: ignore[arg-type]
    )
    return lambda: (batch.data for batch in batches)
