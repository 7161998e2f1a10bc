"""The whole way on the device with our own kernels: JPEG files in, JPEG files out, byte for byte the CPU engine's."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.gpu.admission import Exact, Job, Kind
from gpu_im2rec.gpu.jpeg_batch import batch_of
from gpu_im2rec.gpu.jpeg_decoder import Decoded, JpegDecoder, told
from gpu_im2rec.gpu.jpeg_encoder import PICTURE, JpegEncoder
from gpu_im2rec.gpu.jpeg_frame import Frame, Tables, read_frame
from gpu_im2rec.gpu.jpeg_layout import View, layout
from gpu_im2rec.gpu.jpeg_tables import tiny_jpeg
from gpu_im2rec.gpu.kernels import Kernels
from gpu_im2rec.gpu.lane import Outcome
from gpu_im2rec.gpu.resizer import RESIZING, Resizer
from gpu_im2rec.transcode import TranscodeSpec
from gpu_im2rec.transcode.geometry import Box, Plan, divided
from gpu_im2rec.transcode.jpeg_header import read_header
from gpu_im2rec.transcode.rate import rate

_DEPTH = 2  # batches: one is worked on while the next is prepared
_SECONDS = 1.0  # of measuring a stage


class _Kinds(NamedTuple):
    """The kinds of a batch's pictures: number ``i`` is of kind ``different[of[i]]``."""

    different: list[Kind]
    of: NDArray[np.intp]
    tables: list[Tables]  # of each picture


class _Ready(NamedTuple):
    """Pictures that are ready to be encoded, on the device."""

    pictures: NDArray[Any]  # of dtype PICTURE
    memory: list[Any]  # that their pixels are in


class _Underway(NamedTuple):
    """What waits for a batch, and what it works on."""

    flags: Callable[[], list[np.ndarray]]
    files: Callable[[], list[bytes]]
    ready: _Ready


class ExactDevice:
    """Decoder, resizer and encoder on one device: the pixels never leave it. Takes what `exact_admission` admits."""

    depth = _DEPTH

    def __init__(self, spec: TranscodeSpec, kernels: Kernels) -> None:
        self._kernels = kernels
        self._decoder, self._resizer = JpegDecoder(kernels), Resizer(kernels, spec.interp)
        self._encoder, self._quality = JpegEncoder(kernels, spec.quality), spec.quality
        self._underway: deque[_Underway] = deque()
        self._warm_up()

    def feed(self, jobs: list[Job]) -> None:
        """See ``Device``."""
        kinds = _kinds(jobs)
        with self._kernels.here():
            decoded = self._decoded(jobs, kinds)
            ready = self._resized(decoded, kinds)
            flags = self._kernels.sent(decoded.flags)
            self._underway.append(_Underway(flags, self._encoder.start(ready.pictures), ready))

    def collect(self) -> Sequence[Outcome]:
        """See ``Device``; the device is waited for once. What is flagged was encoded, too, and is dropped."""
        underway = self._underway.popleft()
        files = underway.files()
        (flags,) = underway.flags()
        return [told(flag) if flag else file for flag, file in zip(flags.tolist(), files, strict=True)]

    def restart(self) -> None:
        """See ``Device``."""
        self._underway.clear()
        self._decoder.free_memory()
        self._kernels.free_memory()
        self._warm_up()

    def stages(self, jobs: list[Job]) -> dict[str, float]:
        """See ``FileDevice``."""
        kinds = _kinds(jobs)
        with self._kernels.here():
            decoded = self._decoded(jobs, kinds)
            ready = self._resized(decoded, kinds)

            def decode() -> int:
                self._kernels.sent(self._decoded(jobs, kinds).flags)()
                return len(jobs)

            def resize() -> int:
                self._kernels.sent(self._resized(decoded, kinds).memory[-1][:1])()
                return len(jobs)

            return {
                "decode": rate(decode, _SECONDS),
                "resize": rate(resize, _SECONDS),
                "encode": rate(lambda: len(self._encoder.start(ready.pictures)()), _SECONDS),
            }

    def _decoded(self, jobs: list[Job], kinds: _Kinds) -> Decoded:
        layouts = [kind.layout for kind in kinds.different]
        return self._decoder.decode(batch_of(layouts, kinds.of, kinds.tables, [job.data for job in jobs]))

    def _resized(self, decoded: Decoded, kinds: _Kinds) -> _Ready:
        """What is wanted in another size than it was decoded in is resized."""
        pictures = np.array([_picture(kind) for kind in kinds.different], PICTURE)[kinds.of]
        pictures["pixels"] = self._kernels.address(decoded.pixels) + decoded.starts
        memory = [decoded.pixels]
        (odd,) = np.array([kind.layout.size != kind.plan.size for kind in kinds.different])[kinds.of].nonzero()
        if len(odd):
            jobs = np.array([_resizing(kind) for kind in kinds.different], RESIZING)[kinds.of[odd]]
            jobs["start"] = decoded.starts[odd]
            resized = self._resizer.resize(decoded.pixels, jobs)
            pictures["pixels"][odd] = self._kernels.address(resized.pixels) + resized.starts
            memory.append(resized.pixels)
        return _Ready(pictures, memory)

    def _warm_up(self) -> None:
        """A tiny picture goes all the way: what is compiled late is compiled, and what does not work shows."""
        data = tiny_jpeg()
        header = read_header(data)
        frame = read_frame(data[header.tables : header.scan]) if header else ""
        assert header and isinstance(frame, Frame)
        known, edges = layout(frame.shape, View(1, 1, 1)), (8, 5)
        kinds = [Kind(known, Plan(Box(0, 0, 8, 8), (edge, edge)), 0) for edge in edges]
        code = np.frombuffer(data, np.uint8)[header.scan :]
        self.feed([Job(code, kind.plan, 1, 0, exact=Exact(kind, frame.tables)) for kind in kinds])
        if self.collect() != [tiny_jpeg(self._quality, edge) for edge in edges]:
            raise RuntimeError("the kernels do not make of a tiny picture what they should")


def _kinds(jobs: list[Job]) -> _Kinds:
    numbers: dict[Kind, int] = {}
    of, all_tables = [], []
    for job in jobs:
        assert job.exact
        kind, tables = job.exact
        of.append(numbers.setdefault(kind, len(numbers)))
        all_tables.append(tables)
    return _Kinds(list(numbers), np.array(of), all_tables)


def _picture(kind: Kind) -> tuple[int, ...]:
    """A row of dtype PICTURE, as far as it is known."""
    channels = kind.layout.view.channels  # as many as come out
    return 0, *kind.plan.size, channels, channels, 0, 0, 0, 0


def _resizing(kind: Kind) -> tuple[float, ...]:
    """A row of dtype RESIZING, but for where it starts."""
    view = kind.layout.view
    return 0, *kind.layout.size, view.channels, *kind.plan.size, *divided(kind.plan.crop, view.divisor)
