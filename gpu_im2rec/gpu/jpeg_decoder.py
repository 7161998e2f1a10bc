"""A batch of JPEGs to pixels on the device: a few launches for all of them together. cuda/decode_batch.cu says how."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.gpu.jpeg_batch import JpegBatch
from gpu_im2rec.gpu.jpeg_huffman import HuffmanDecoder
from gpu_im2rec.gpu.jpeg_layout import upright_sizes
from gpu_im2rec.gpu.kernels import Kernels

NOT_IN_STEP = "a JPEG whose code is slow to fall in step"

_FLAGS = {  # as in cuda/decode_batch.cu; causes before what follows from them
    64: "a JPEG with a damaged Huffman table",
    128: "a JPEG with fill bytes in its code",
    8: NOT_IN_STEP,
    4: "a JPEG with a marker that is not due",
    1: "a JPEG with bits that are no code",
    2: "a JPEG whose code ends early",
    16: "a JPEG with something behind its code",
    32: "a JPEG with levels that no encoder makes",
}


class Decoded(NamedTuple):
    """A batch of decoded pictures, on the device."""

    pixels: Any  # uint8: each picture HWC, rows back to back
    starts: NDArray[np.uint64]  # where in pixels each begins: a multiple of 16
    sizes: NDArray[np.int32]  # (n, 2): width and height of each, upright
    flags: Any  # int32, one a picture: 0, or the sum of flags that say why its pixels mean nothing


class JpegDecoder:
    """Decodes batches. Where a flag is 0, pixels are libjpeg-turbo's."""

    def __init__(self, kernels: Kernels) -> None:
        self._kernels = kernels
        self._huffman = HuffmanDecoder(kernels)

    def decode(self, batch: JpegBatch) -> Decoded:
        """Pixels of each picture, in order. Call it where the kernels are; nothing is waited for."""
        new, launch = self._kernels.arrays.empty, self._kernels.launch
        count, totals = len(batch.jpegs), batch.totals
        flags = self._kernels.arrays.zeros(count, np.int32)
        jpegs, coefficients, dc_ends = self._huffman.decode(batch, flags)
        samples, pixels = new(totals.samples, np.uint8), new(totals.pixels, np.uint8)
        quantisers = self._kernels.arrays.asarray(batch.quantisers)
        launch(
            "inverse_dct", totals.blocks, jpegs, count, totals.blocks, coefficients, dc_ends, quantisers, samples, flags
        )  # fmt: skip
        launch("write_pixels", totals.quads, jpegs, count, totals.quads, samples, pixels)
        return Decoded(pixels, batch.jpegs["pixels"], upright_sizes(batch.jpegs), flags)

    def free_memory(self) -> None:
        """Give up what is kept from batch to batch."""
        self._huffman.free_memory()


def told(flags: int) -> str:
    """Why the CPU must decode a picture with these flags, which are not 0."""
    return next(why for flag, why in _FLAGS.items() if flags & flag)
