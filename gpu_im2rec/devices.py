"""Which engine does the work, and why not the other. Imports an engine only when it is chosen."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, NamedTuple, TypeVar, get_args

from gpu_im2rec.errors import DeviceError, UsageError
from gpu_im2rec.transcode import Engine, Rescue, TranscodeSpec
from gpu_im2rec.transcode.loading import Loader, TensorSpec
from gpu_im2rec.transcode.passthrough import PassThroughEngine

GpuDecoder = Literal["auto", "dali", "exact"]

MOST_DECODE_THREADS = 16  # that help one GPU

Cpu = TypeVar("Cpu")
Gpu = TypeVar("Gpu")


class Choice(NamedTuple):
    """An engine, and one line for the user on how it was chosen; empty where there was nothing to choose."""

    engine: Engine
    note: str


class LoaderChoice(NamedTuple):
    """A loader, and one line for the user on how it was chosen; empty where there was nothing to choose."""

    loader: Loader
    note: str


@dataclass(frozen=True, slots=True)
class GpuTuning:
    """How the GPU engine works. Raises UsageError on construction for a value outside its range."""

    batch_size: int = 256  # pictures on the device at a time
    decode_threads: int | None = None  # of the host, for the device's decoders; None: one a core, 16 at most
    hw_decoder_load: float = 0.9  # share of each batch for the hardware JPEG decoder, where there is one
    decoder: GpuDecoder = "auto"  # "auto" is "dali" until a device has shown which one is quicker
    exact: bool = False  # the CPU engine's very bytes, or an error

    def __post_init__(self) -> None:
        if not 1 <= self.batch_size <= 8192:
            raise UsageError(f"--batch-size must be 1 … 8192, not {self.batch_size}")
        if self.decode_threads is not None and not 1 <= self.decode_threads <= 1024:
            raise UsageError(f"--decode-threads must be 1 … 1024, not {self.decode_threads}")
        if not 0 <= self.hw_decoder_load <= 1:
            raise UsageError(f"--hw-decoder-load must be 0 … 1, not {self.hw_decoder_load}")
        if self.decoder not in get_args(GpuDecoder):
            raise UsageError(f"--gpu-decoder must be auto, dali or exact, not {self.decoder!r}")
        if self.exact and self.decoder == "dali":
            raise UsageError("--exact needs the exact decoder: leave out --gpu-decoder dali")

    @property
    def exact_engine(self) -> bool:
        """Whether a GPU works with our own decoder, whose bytes are the CPU engine's."""
        return self.exact or self.decoder == "exact"

    @property
    def chunk(self) -> int:
        """Pictures that are dealt out to one of several processes at a time."""
        return max(512, 2 * self.batch_size)

    @property
    def seam(self) -> int:
        """Pictures after which a GPU engine begins a batch, see ``Engine.seam``."""
        return 8 * self.chunk


def choose(
    spec: TranscodeSpec, device: str, workers: int, tuning: GpuTuning | None = None, isolate: bool = False
) -> Choice:
    """The engine for ``device``: "auto", "cpu", "gpu", or a certain GPU such as "gpu:1".

    ``isolate``: the CPU's transcoders work in processes of their own, which may crash.

    Raises DeviceError where the GPU was asked for and cannot be used, UsageError for any other word.
    """
    number = _gpu_number(device)
    if spec.pass_through:
        return Choice(PassThroughEngine(accept_truncated=spec.accept_truncated), "")
    cpu = _cpu_engine(spec, workers, isolate)
    tuning = tuning or GpuTuning()
    gpu = partial(_gpu_engine, spec, number, tuning, cpu)
    engine, note = _chosen(device, number, cpu, gpu, why_not_for_the_gpu(spec))
    return Choice(engine, note if engine is cpu else gpu_note(spec, isolate, tuning))


def choose_loader(spec: TensorSpec, device: str, threads: int, batch_size: int) -> LoaderChoice:
    """The loader for ``device``, as ``choose`` has it; ``batch_size`` is that of the largest batch.

    Raises DeviceError where the GPU was asked for and cannot be used, UsageError for any other word.
    """
    number = _gpu_number(device)
    cpu = _cpu_loader(spec, threads)
    gpu = partial(_gpu_loader, spec, number, threads, batch_size, cpu)
    unsuited = "pictures with an alpha channel are decoded on the CPU only" if spec.channels == 4 else ""
    return LoaderChoice(*_chosen(device, number, cpu, gpu, unsuited))


def _chosen(device: str, number: int, cpu: Cpu, open_gpu: Callable[[], Gpu], unsuited: str) -> tuple[Cpu | Gpu, str]:
    """What ``open_gpu`` gives, or ``cpu`` and why; nothing is said where the CPU was asked for.

    ``unsuited``: what is asked that only the CPU does; empty where there is nothing.
    """
    if device == "cpu":
        return cpu, ""
    obstacle = why_no_gpu(number)
    if not obstacle:
        if unsuited:
            return cpu, f"on the CPU: {unsuited}"
        try:
            return open_gpu(), ""
        except (ImportError, OSError, MemoryError, RuntimeError) as error:
            obstacle = f"the GPU engine did not start: {error}; `gpu-im2rec doctor` shows more"
    if device != "auto":
        raise DeviceError(f"--device {device} cannot be used: {obstacle}. Use --device cpu, or leave it at auto.")
    return cpu, f"on the CPU: {obstacle}"


def picture_decoder() -> Callable[[bytes], Any]:
    """What decodes one whole picture on the CPU: (H, W, 3) uint8, or a Failure. For any number of threads."""
    from cpu_fallback.whole_picture import decode_rgb  # noqa: PLC0415 (loads codecs)

    return decode_rgb


def small_picture_decoder() -> Callable[[bytes, int], Any]:
    """What decodes a picture on the CPU to a longest edge: pixels (H, W, 3) uint8 and ``full_size``, or a Failure.

    For any number of threads.
    """
    from cpu_fallback.small_picture import decode_small  # noqa: PLC0415 (loads codecs)

    return decode_small


def why_no_gpu(number: int = 0) -> str:
    """What keeps GPU ``number`` from being used and what would mend it, in one line; empty where nothing does."""
    from gpu_im2rec.gpu import probe  # noqa: PLC0415 (asks the driver)

    return probe.obstacle(probe.look(), number)


def default_workers() -> int:
    """As many as there are cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def default_decode_threads(processes: int = 1) -> int:
    """Threads that help a GPU to decode, for each of ``processes`` on this machine."""
    return max(1, min(default_workers() // processes, MOST_DECODE_THREADS))


def _gpu_number(device: str) -> int:
    match = re.fullmatch(r"auto|cpu|gpu(?::(\d{1,3}))?", device, re.ASCII)
    if not match:
        raise UsageError(f"--device must be auto, cpu, gpu, or a certain GPU such as gpu:1, not {device!r}")
    return int(match[1] or 0)


def why_not_for_the_gpu(spec: TranscodeSpec) -> str:
    """What is asked that the device does not do as asked, and the CPU engine does; empty where there is nothing."""
    if spec.encoding == "png":
        return "PNG is not written on the GPU"
    if spec.interp not in ("antialias", "linear"):  # DALI's nearest, cubic and Lanczos are not im2rec's
        return f"--interp {spec.interp} is computed as im2rec does on the CPU only"
    return ""


def gpu_note(spec: TranscodeSpec, isolate: bool, tuning: GpuTuning) -> str:
    """What a user must know of a GPU's results; empty where there is nothing."""
    notes = []
    if spec.interp == "linear" and not tuning.exact_engine:
        notes.append("on the GPU, --interp linear is within a few levels of im2rec; for its very bytes add --exact")
    if isolate:
        notes.append("--isolate covers what the CPU decodes; a crash in the GPU's own decoders ends the run")
    return "; ".join(notes)


def _cpu_engine(spec: TranscodeSpec, workers: int, isolate: bool) -> Rescue:
    from cpu_fallback import CpuEngine, isolated  # noqa: PLC0415 (loads codecs)

    return CpuEngine(spec, workers, isolated(spec) if isolate else None)


def _gpu_engine(spec: TranscodeSpec, number: int, tuning: GpuTuning, rescue: Rescue) -> Engine:
    from gpu_im2rec.gpu import open_engine, open_exact_engine  # noqa: PLC0415 (loads DALI and CuPy)

    if tuning.exact_engine:
        return open_exact_engine(spec, number, rescue, tuning.batch_size)
    threads = tuning.decode_threads or default_decode_threads()
    return open_engine(spec, number, rescue, tuning.batch_size, threads, tuning.hw_decoder_load, tuning.seam)


def _cpu_loader(spec: TensorSpec, threads: int) -> Loader:
    from cpu_fallback.loader import CpuLoader  # noqa: PLC0415 (loads codecs)

    return CpuLoader(spec, threads)


def _gpu_loader(spec: TensorSpec, number: int, threads: int, batch_size: int, rescue: Loader) -> Loader:
    from gpu_im2rec.gpu import open_loader  # noqa: PLC0415 (loads DALI and CuPy)

    threads = min(threads, MOST_DECODE_THREADS)
    return open_loader(spec, number, rescue, batch_size, threads, GpuTuning().hw_decoder_load)
