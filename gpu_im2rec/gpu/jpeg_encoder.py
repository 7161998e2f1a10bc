"""A batch of pictures to JPEG on the device: a few launches for all of them together, one copy of the result."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.gpu import jpeg_tables
from gpu_im2rec.gpu.kernels import Kernels

KERNEL_FILE = "jpeg_encode.cu"

_PICTURE = np.dtype(  # struct Picture of jpeg_encode.cu
    [("pixels", "<u8")]
    + [(name, "<i4") for name in ("width", "height", "channels", "components", "mcus_across")]
    + [(name, "<i4") for name in ("first_block", "blocks", "padding")]
)
_CHUNK = 64  # bytes of code
_TILE = 32  # blocks whose coefficients are interleaved
_END_MARKER = 2  # bytes


class Pixels(NamedTuple):
    """One picture in the device's memory: HWC, uint8, rows back to back."""

    address: int
    width: int
    height: int
    channels: int  # 3 (RGB) or 1
    components: int  # of the JPEG: 3 (4:2:0), or 1 for grey; 3 channels give 1 component by their luma


class JpegEncoder:
    """Encodes batches at one quality (1 … 100). The bytes are libjpeg-turbo's for the same pixels."""

    def __init__(self, kernels: Kernels, quality: int) -> None:
        self._kernels = kernels
        self._quality = quality
        with kernels.here():
            self._divisors = self._uploaded(jpeg_tables.divisors(quality))
            self._codes = self._uploaded(jpeg_tables.codes())

    def encode(self, batch: list[Pixels]) -> list[bytes]:
        """A whole JPEG file for each picture, in order. The pixels must stay where they are until this returns."""
        if not batch:
            return []
        with self._kernels.here():
            code, starts = self._encode(batch)
        return list(self._files(batch, code, starts))

    def free_memory(self) -> None:
        """Give memory that is kept for reuse back to the device."""
        self._kernels.free_memory()

    def _encode(self, batch: list[Pixels]) -> tuple[memoryview, list[int]]:
        """What follows the headers, on the host, and where that of each picture begins and the last one's ends."""
        new, launch = self._kernels.arrays.empty, self._kernels.launch
        pictures = _described(batch)
        described, count = self._uploaded(pictures), len(pictures)
        blocks = int(pictures["blocks"].sum())

        coefficients = new(-(-blocks // _TILE) * _TILE * 64, np.int16)
        launch("transform", blocks, described, count, blocks, self._divisors, coefficients)
        bits = new(blocks, np.int32)
        launch("count_bits", blocks, described, count, blocks, coefficients, self._codes, bits)
        ends = self._kernels.arrays.cumsum(bits, dtype=np.uint64)

        last_blocks = pictures["first_block"] + pictures["blocks"] - 1
        code_bytes = (self._steps(ends, last_blocks) + 7) // 8
        first_chunk = np.concatenate(([0], np.cumsum(-(-code_bytes // _CHUNK)))).astype(np.int32)
        chunks, starts = int(first_chunk[-1]), self._uploaded(first_chunk)

        words = self._kernels.arrays.zeros(chunks * _CHUNK // 4, np.uint32)
        launch(
            "write_bits", blocks, described, count, blocks, coefficients, self._codes, bits, ends, starts, words
        )  # fmt: skip
        ffs = new(chunks, np.int32)
        launch("count_ff", chunks, words, chunks, ffs)
        ff_ends = self._kernels.arrays.cumsum(ffs, dtype=np.int64)

        sizes = code_bytes + self._steps(ff_ends, first_chunk[1:] - 1) + _END_MARKER
        out_start = np.concatenate(([0], np.cumsum(sizes))).astype(np.uint64)
        out = new(int(out_start[-1]), np.uint8)
        launch(
            "stuff", chunks, words, count, chunks, starts, self._uploaded(code_bytes.astype(np.int32)), ffs, ff_ends,
            self._uploaded(out_start), out,
        )  # fmt: skip
        return self._kernels.to_host(out).data, out_start.tolist()

    def _uploaded(self, array: NDArray[Any]) -> Any:
        return self._kernels.arrays.asarray(array.view(np.uint8) if array.dtype.names else array)

    def _steps(self, sums: Any, last: NDArray[np.int32]) -> NDArray[np.int64]:
        """What each picture adds to a running sum over the batch, given the last item of each."""
        at_last = self._kernels.to_host(sums[self._uploaded(last)]).astype(np.int64)
        return at_last - np.concatenate(([0], at_last[:-1]))

    def _files(self, batch: list[Pixels], code: memoryview, starts: list[int]) -> Iterator[bytes]:
        for number, pixels in enumerate(batch):
            before, after = jpeg_tables.header(self._quality, pixels.components)
            size = struct.pack(">HH", pixels.height, pixels.width)
            yield b"".join((before, size, after, code[starts[number] : starts[number + 1]]))


def _described(batch: list[Pixels]) -> NDArray[Any]:
    """The batch as the kernels' array of ``struct Picture``."""
    pictures = np.zeros(len(batch), _PICTURE)
    for name, column in zip(Pixels._fields, zip(*batch, strict=True), strict=True):
        pictures["pixels" if name == "address" else name] = column
    edge = np.where(pictures["components"] == 3, 16, 8)
    pictures["mcus_across"] = -(-pictures["width"] // edge)
    pictures["blocks"] = pictures["mcus_across"] * -(-pictures["height"] // edge) * np.where(edge == 16, 6, 1)
    pictures["first_block"] = np.cumsum(pictures["blocks"]) - pictures["blocks"]
    return pictures
