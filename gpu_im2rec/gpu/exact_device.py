"""The whole way on the device with our own kernels: JPEG files in, JPEG files out, byte for byte the CPU engine's."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.gpu.admission import Exact, Job
from gpu_im2rec.gpu.jpeg_batch import Coded, batch_of
from gpu_im2rec.gpu.jpeg_decoder import Decoded, JpegDecoder, told
from gpu_im2rec.gpu.jpeg_encoder import PICTURE, JpegEncoder
from gpu_im2rec.gpu.jpeg_frame import Frame, read_frame
from gpu_im2rec.gpu.jpeg_layout import View
from gpu_im2rec.gpu.jpeg_tables import tiny_jpeg
from gpu_im2rec.gpu.kernels import Kernels
from gpu_im2rec.gpu.lane import Outcome
from gpu_im2rec.gpu.resizer import CROP, RESIZING, Resizer
from gpu_im2rec.transcode import TranscodeSpec
from gpu_im2rec.transcode.geometry import Box, Plan
from gpu_im2rec.transcode.jpeg_header import read_header
from gpu_im2rec.transcode.rate import rate

_DEPTH = 2  # batches: one is worked on while the next is prepared
_SECONDS = 1.0  # of measuring a stage


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
        with self._kernels.here():
            decoded = self._decoded(jobs)
            ready = self._resized(decoded, jobs)
            flags = self._kernels.sent(decoded.flags)
            self._underway.append(_Underway(flags, self._encoder.start(ready.pictures), ready))

    def collect(self) -> Sequence[Outcome]:
        """See ``Device``; the device is waited for once, or twice. What is flagged was encoded, too, and is dropped."""
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
        with self._kernels.here():
            decoded = self._decoded(jobs)
            ready = self._resized(decoded, jobs)

            def decode() -> int:
                self._kernels.sent(self._decoded(jobs).flags)()
                return len(jobs)

            def resize() -> int:
                self._kernels.sent(self._resized(decoded, jobs).memory[-1][:1])()
                return len(jobs)

            return {
                "decode": rate(decode, _SECONDS),
                "resize": rate(resize, _SECONDS),
                "encode": rate(lambda: len(self._encoder.start(ready.pictures)()), _SECONDS),
            }

    def _decoded(self, jobs: list[Job]) -> Decoded:
        return self._decoder.decode(batch_of([coded(job) for job in jobs]))

    def _resized(self, decoded: Decoded, jobs: list[Job]) -> _Ready:
        """What is wanted in another size than it was decoded in is resized."""
        pictures = _pictures(jobs)
        pictures["pixels"] = self._kernels.address(decoded.pixels) + decoded.starts
        memory = [decoded.pixels]
        wanted = np.stack((pictures["width"], pictures["height"]), axis=1)
        (odd,) = (decoded.sizes != wanted).any(axis=1).nonzero()
        if len(odd):
            resizing = _resizing([jobs[number] for number in odd.tolist()], decoded.sizes[odd])
            resizing["start"] = decoded.starts[odd]
            resized = self._resizer.resize(decoded.pixels, resizing)
            pictures["pixels"][odd] = self._kernels.address(resized.pixels) + resized.starts
            memory.append(resized.pixels)
        return _Ready(pictures, memory)

    def _warm_up(self) -> None:
        """A tiny picture goes all the way: what is compiled late is compiled, and what does not work shows.

        Twice, as the second batch of a size goes another way (`Recorded`).
        """
        data = tiny_jpeg()
        header = read_header(data)
        frame = read_frame(data[header.tables : header.scan]) if header else ""
        assert header and isinstance(frame, Frame)
        whole, edges = Box(0, 0, 8, 8), (8, 5)
        exact = Exact(frame.shape, View(1, 1, 1), whole, frame.tables)
        plans = [Plan(whole, (edge, edge)) for edge in edges]
        code = np.frombuffer(data, np.uint8)[header.scan :]
        for _ in range(2):
            self.feed([Job(code, plan, 1, 0, exact=exact) for plan in plans])
            if self.collect() != [tiny_jpeg(self._quality, edge) for edge in edges]:
                raise RuntimeError("the kernels do not make of a tiny picture what they should")


def coded(job: Job) -> Coded:
    """What the decoder must know of a picture that `exact_admission` admits."""
    exact = _exact(job)
    return Coded(exact.shape, exact.view, exact.tables, job.data)


def _exact(job: Job) -> Exact:
    assert job.exact
    return job.exact


def _pictures(jobs: list[Job]) -> NDArray[Any]:
    """Of dtype PICTURE, as far as it is known."""
    pictures = np.zeros(len(jobs), PICTURE)
    pictures["width"], pictures["height"] = zip(*[job.plan.size for job in jobs], strict=True)
    pictures["channels"] = pictures["components"] = [job.components for job in jobs]  # as many channels as come out
    return pictures


def _resizing(jobs: list[Job], sizes: NDArray[np.int32]) -> NDArray[Any]:
    """Of dtype RESIZING, but for where pictures, decoded at ``sizes``, start."""
    resizing = np.zeros(len(jobs), RESIZING)
    resizing["width"], resizing["height"] = sizes.T
    resizing["channels"] = [job.components for job in jobs]
    resizing["target_width"], resizing["target_height"] = zip(*[job.plan.size for job in jobs], strict=True)
    for name, edges in zip(CROP, zip(*[_exact(job).crop for job in jobs], strict=True), strict=True):
        resizing[name] = edges
    return resizing
