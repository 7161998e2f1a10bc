"""This project's `pack` on the CPU."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded, as the command line does

import cpu_fallback.transcoder  # noqa: F401 (loaded before the clock starts, as the others' libraries are)
from benchmarks.pack.records import OUT, pictures
from benchmarks.pack.task import EDGE, QUALITY, Task
from gpu_im2rec import PackOptions, TranscodeSpec
from gpu_im2rec import pack as whole_pack

__all__ = ["antialias", "linear", "pass_through", "pictures"]


def antialias(task: Task) -> None:
    """As it is by default."""
    _pack(task, TranscodeSpec(resize=EDGE, quality=QUALITY))


def linear(task: Task) -> None:
    """To im2rec.py's very bytes."""
    _pack(task, TranscodeSpec(resize=EDGE, quality=QUALITY, interp="linear"))


def pass_through(task: Task) -> None:
    """The files' own bytes."""
    _pack(task, TranscodeSpec(pass_through=True))


def _pack(task: Task, spec: TranscodeSpec) -> None:
    whole_pack(task.list, task.root, task.out / OUT, PackOptions(transcode=spec, device="cpu", workers=task.workers))
