"""One measurement in a fresh process: `python -m benchmarks.read.one CONTENDER SOURCE` prints it as JSON."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from importlib import import_module

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded, for everybody

from benchmarks.read.measure import Epoch, measured
from benchmarks.read.sources import RANDOM_ACCESS, SOURCES, Source


def _of(module: str, reader: str, output: str | None = None) -> Callable[[Source], Epoch]:
    """``reader`` of ``module``, which is loaded only in the process that measures it."""

    def epoch(source: Source) -> Epoch:
        home = import_module(f"benchmarks.read.{module}")
        made: Epoch = getattr(home, reader)(source, *([getattr(home, output)] if output else []))
        return made

    return epoch


OURS, OURS_LEVELS, DATASET = "ours", "ours, uint8 NHWC", "our dataset in a DataLoader"
DALI, DALI_VIEW = "DALI, copied out", "DALI, its own memory"
FUSED, FUSED_VIEW = "DALI, fused crop, copied out", "DALI, fused crop, its own memory"
FUSED_LEVELS = "DALI, fused crop, uint8 NHWC, copied out"
LEVELS = (OURS_LEVELS, FUSED_LEVELS)
OPENCV, MXNET, LIMIT = "OpenCV in a DataLoader", "MXNet 1.9.1", "libjpeg-turbo alone"

READERS = {
    OURS: _of("ours", "floats"),
    OURS_LEVELS: _of("ours", "levels"),
    DATASET: _of("torch_loaders", "dataset"),
    DALI: _of("dali", "whole", "copied"),
    DALI_VIEW: _of("dali", "whole", "view"),
    FUSED: _of("dali", "fused", "copied"),
    FUSED_VIEW: _of("dali", "fused", "view"),
    FUSED_LEVELS: _of("dali", "fused_levels", "copied"),
    OPENCV: _of("torch_loaders", "opencv"),
    LIMIT: _of("jpeg_limit", "decoding"),
}
RESIZING = (OURS, DALI, DALI_VIEW, OPENCV, MXNET, LIMIT)  # those that also read what must be resized
ACCESS = {"RecordDataset[i]": "dataset", "os.pread": "pread", "a slice of mmap": "mapped"}


def measure(contender: str, source: str) -> dict[str, float]:
    """The figures of one run."""
    if contender in ACCESS:
        access, where = import_module("benchmarks.read.access"), RANDOM_ACCESS[source]
        figures: dict[str, float] = access.measured(getattr(access, ACCESS[contender])(where), where)
        return figures
    return measured(READERS[contender](SOURCES[source]), SOURCES[source].epochs)


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], sys.argv[2])))
