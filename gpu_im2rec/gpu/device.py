"""One device: files in, JPEG files out, a batch at a time. Decode and resize in a graph, then encode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from gpu_im2rec.gpu.admission import Job
from gpu_im2rec.gpu.flow import GraphSettings
from gpu_im2rec.gpu.graph import Graph, tiny_job
from gpu_im2rec.gpu.jpeg_encoder import Pixels
from gpu_im2rec.gpu.lane import Device, Outcome
from gpu_im2rec.transcode import TranscodeSpec
from gpu_im2rec.transcode.rate import rate

_SECONDS = 1.0  # of measuring a stage


class FileDevice(Device[Sequence[Outcome]], Protocol):
    """A device that gives a JPEG file for each job, in order, or why it has none."""

    def stages(self, jobs: list[Job]) -> dict[str, float]:
        """Pictures a second of each stage alone, on a batch of good pictures, again and again."""
        ...


class Encoder(Protocol):
    """Pixels to JPEG files. There are two: ours, and nvImageCodec's in the benchmarks."""

    def encode(self, batch: list[Pixels]) -> list[bytes]:
        """A file for each picture, in order; raises RuntimeError or MemoryError."""
        ...

    def free_memory(self) -> None:
        """Give memory that is kept for reuse back to the device."""
        ...


class GraphDevice:
    """A DALI graph and an encoder on the same device: the pixels never leave it."""

    def __init__(self, spec: TranscodeSpec, settings: GraphSettings, encoder: Encoder, device_id: int | None) -> None:
        """On the CUDA device ``device_id`` where ``encoder`` works too, or on the CPU where it is None."""
        self.depth = settings.depth
        self._spec, self._settings, self._device_id = spec, settings, device_id
        self._encoder = encoder
        self._graph = Graph(spec, settings, device_id)
        self._warm_up()

    def feed(self, jobs: list[Job]) -> None:
        """See ``Device``."""
        self._graph.feed(jobs)

    def collect(self) -> list[bytes]:
        """See ``Device``."""
        return self._encoder.encode(self._graph.collect())

    def restart(self) -> None:
        """See ``Device``."""
        self._graph.restart(self._encoder.free_memory)
        self._warm_up()

    def stages(self, jobs: list[Job]) -> dict[str, float]:
        """See ``FileDevice``. Inside the graph the two cannot be told apart: resizing is with decoding."""
        decoding = replace(self._spec, resize=0, center_crop=False)
        alone = Graph(decoding, self._settings, self._device_id)
        decode = _graph_rate(alone, jobs, self.depth)
        del alone
        both = _graph_rate(self._graph, jobs, self.depth)
        self._graph.feed(jobs)
        pixels = self._graph.collect()
        encode = rate(lambda: len(self._encoder.encode(pixels)), _SECONDS)
        return {"decode": decode, "decode and resize": both, "encode": encode}

    def _warm_up(self) -> None:
        """A tiny picture goes through the graph and the encoder, which compiles what is compiled late."""
        self._graph.feed([tiny_job(1 if self._spec.color == 0 else 3)])
        self._encoder.encode(self._graph.collect())


def _graph_rate(graph: Graph, jobs: list[Job], depth: int) -> float:
    """Pictures a second through ``graph``, which is kept full."""
    for _ in range(depth - 1):
        graph.feed(jobs)

    def one_more() -> int:
        graph.feed(jobs)
        return len(graph.collect())

    measured = rate(one_more, _SECONDS)
    for _ in range(depth - 1):
        graph.collect()
    return measured
