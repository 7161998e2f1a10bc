"""Which engine does the work, and why not the other. Imports an engine only when it is chosen."""

from __future__ import annotations

import importlib.util
import os
from typing import NamedTuple

from gpu_im2rec.errors import DeviceError, UsageError
from gpu_im2rec.transcode import Engine, TranscodeSpec
from gpu_im2rec.transcode.passthrough import PassThroughEngine


class Choice(NamedTuple):
    """An engine, and one line for the user on how it was chosen; empty where there was nothing to choose."""

    engine: Engine
    note: str


def choose(spec: TranscodeSpec, device: str, workers: int) -> Choice:
    """The engine for ``device``: "auto", "cpu" or "gpu".

    Raises DeviceError where the GPU was asked for and cannot be used, UsageError for any other word.
    """
    if device not in ("auto", "cpu", "gpu"):
        raise UsageError(f"--device must be auto, cpu or gpu, not {device!r}")
    if spec.pass_through:
        return Choice(PassThroughEngine(), "")
    obstacle = why_no_gpu()
    if device == "gpu":
        raise DeviceError(f"--device gpu cannot be used: {obstacle}. Use --device cpu, or leave it at auto.")
    return Choice(_cpu_engine(spec, workers), f"on the CPU: {obstacle}" if device == "auto" else "")


def why_no_gpu() -> str:
    """What keeps the GPU from being used, in half a sentence."""
    if importlib.util.find_spec("gpu_im2rec.gpu") is None:
        return "this version has no GPU engine yet"
    raise AssertionError("a GPU engine that nobody wired up")


def default_workers() -> int:
    """As many as there are cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpu_engine(spec: TranscodeSpec, workers: int) -> Engine:
    from cpu_fallback import CpuEngine  # noqa: PLC0415 (loads codecs)

    return CpuEngine(spec, workers)
