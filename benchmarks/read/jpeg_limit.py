"""The limit: libjpeg-turbo alone, in two threads, each into a buffer of its own that the next picture overwrites."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import simplejpeg

from benchmarks.read.measure import Epoch
from benchmarks.read.sources import Source
from benchmarks.read.task import EDGE
from gpu_im2rec import RecordDataset
from gpu_im2rec.transcode.geometry import decode_divisor
from gpu_im2rec.transcode.loading import TensorSpec

_THREADS = 2


def decoding(source: Source) -> Epoch:
    """Decode every picture, at the scale at which this project decodes it, and nothing else."""
    about = source.about
    contents = [content for content, _ in RecordDataset(source.rec, decode=False).read_many(range(about.entries))]
    height, width, *_ = simplejpeg.decode_jpeg_header(contents[0])
    divisor = decode_divisor(TensorSpec(3, EDGE, EDGE, resize=source.resize).plan((width, height), None))
    scaled = {"min_height": -(-height // divisor), "min_width": -(-width // divisor)} if divisor > 1 else {}

    def work(share: list[bytes]) -> np.ndarray:
        buffer = np.empty(4 * width * height, np.uint8)
        done = 0
        for content in share:
            pixels = simplejpeg.decode_jpeg(content, "RGB", fastdct=False, fastupsample=False, buffer=buffer, **scaled)
            done += 1
        return np.broadcast_to(pixels, (done, *pixels.shape))

    def epoch() -> Iterator[np.ndarray]:
        with ThreadPoolExecutor(_THREADS) as pool:
            yield from pool.map(work, [contents[number::_THREADS] for number in range(_THREADS)])

    return epoch
