"""A batch of pictures to JPEG on the device: a few launches for all together, and one wait for the result, or two."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.gpu import jpeg_tables
from gpu_im2rec.gpu.back_to_back import starts_of
from gpu_im2rec.gpu.kernels import Kernels

PICTURE = np.dtype(  # struct Picture of cuda/encode_batch.cu
    [("pixels", "<u8")]
    + [(name, "<i4") for name in ("width", "height", "channels", "components", "mcus_across")]
    + [(name, "<i4") for name in ("first_block", "blocks", "padding")]
)
_CHUNK = 64  # bytes of code
_TILE = 32  # blocks whose coefficients are interleaved
_MOST_A_BLOCK = 208  # bytes: a DC of 22 bits and 63 coefficients of 26, which no code of the standard tables exceeds


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
        self._expected = 0.25  # of the room for a batch: what is brought to the host before its size is known
        with kernels.here():
            self._divisors = self._uploaded(jpeg_tables.divisors(quality))
            self._codes = self._uploaded(jpeg_tables.codes())

    def encode(self, batch: list[Pixels]) -> list[bytes]:
        """A whole JPEG file for each picture, in order. The pixels must stay where they are until this returns."""
        if not batch:
            return []
        pictures = np.zeros(len(batch), PICTURE)
        for name, column in zip(Pixels._fields, zip(*batch, strict=True), strict=True):
            pictures["pixels" if name == "address" else name] = column
        return self.start(pictures)()

    def start(self, pictures: NDArray[Any]) -> Callable[[], list[bytes]]:
        """Start on a batch; what is returned waits for the files, and raises MemoryError where they find no room.

        Of ``pictures``, of dtype PICTURE, what ``Pixels`` has is filled in. Pixels must stay where they are until then.
        """
        with self._kernels.here():
            out, size_ends = self._encode(pictures)
            sent = max(1, int(len(out) * self._expected))
            arrive = self._kernels.sent(size_ends, out[:sent])

        def files() -> list[bytes]:
            """Waits."""
            ends, code = arrive()
            size = int(ends[-1])
            if size > len(out):
                raise MemoryError("more code than pixels of photographs come to")
            if size > sent:
                with self._kernels.here():
                    (rest,) = self._kernels.sent(out[sent:size])()
                code = np.concatenate((code, rest))
            self._expected = min(1.0, 1.25 * size / len(out))
            return list(self._files(pictures, code.data, ends.tolist()))

        return files

    def free_memory(self) -> None:
        """Give memory that is kept for reuse back to the device."""
        self._kernels.free_memory()

    def _encode(self, pictures: NDArray[Any]) -> tuple[Any, Any]:
        """What follows the headers, back to back, and where that of each picture ends; both on the device."""
        new, launch, cumsum = self._kernels.arrays.empty, self._kernels.launch, self._kernels.arrays.cumsum
        _lay_out(pictures)
        described, count = self._uploaded(pictures), len(pictures)
        blocks = int(pictures["blocks"].sum())

        coefficients = new(-(-blocks // _TILE) * _TILE * 64, np.int16)
        launch("transform", blocks, described, count, blocks, self._divisors, coefficients)
        bits = new(blocks, np.int32)
        launch("count_bits", blocks, described, count, blocks, coefficients, self._codes, bits)
        ends = cumsum(bits, dtype=np.uint64)

        first_chunks, chunks = starts_of(-(-pictures["blocks"].astype(np.int64) * _MOST_A_BLOCK // _CHUNK))
        starts = self._uploaded(np.append(first_chunks, chunks).astype(np.int32))
        words = self._kernels.arrays.zeros(chunks * _CHUNK // 4, np.uint32)
        launch(
            "write_bits", blocks, described, count, blocks, coefficients, self._codes, bits, ends, starts, words
        )  # fmt: skip
        ffs = new(chunks, np.int32)
        launch("count_ff", chunks, words, chunks, ffs)
        ff_ends = cumsum(ffs, dtype=np.int64)

        code_bytes, sizes = new(count, np.int64), new(count, np.int64)
        launch("measure", count, described, count, ends, starts, ff_ends, code_bytes, sizes)
        size_ends = cumsum(sizes, dtype=np.int64)
        out = new(chunks * _CHUNK, np.uint8)
        launch(
            "stuff", chunks, words, count, chunks, starts, code_bytes, ffs, ff_ends, sizes, size_ends,
            np.uint64(len(out)), out,
        )  # fmt: skip
        return out, size_ends

    def _uploaded(self, array: NDArray[Any]) -> Any:
        return self._kernels.arrays.asarray(array.view(np.uint8) if array.dtype.names else array)

    def _files(self, pictures: NDArray[Any], code: memoryview, ends: list[int]) -> Iterator[bytes]:
        start = 0
        columns = (pictures[name].tolist() for name in ("width", "height", "components"))
        for width, height, components, end in zip(*columns, ends, strict=True):
            before, after = jpeg_tables.header(self._quality, components)
            yield b"".join((before, struct.pack(">HH", height, width), after, code[start:end]))
            start = end


def _lay_out(pictures: NDArray[Any]) -> None:
    """Fill in what follows from the sizes, and from where each begins in the batch."""
    edge = np.where(pictures["components"] == 3, 16, 8)
    pictures["mcus_across"] = -(-pictures["width"] // edge)
    pictures["blocks"] = pictures["mcus_across"] * -(-pictures["height"] // edge) * np.where(edge == 16, 6, 1)
    pictures["first_block"], _ = starts_of(pictures["blocks"])
