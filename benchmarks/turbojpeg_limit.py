"""libjpeg-turbo's own limit: decode to YUV planes and encode from them, in C, with the resize for free.

Needs the system's libturbojpeg (Debian: libturbojpeg0), which Python packages do not bring. Scaled decoding is used as
the CPU engine uses it. Nothing can pack faster with libjpeg-turbo on one core.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Callable
from itertools import cycle, islice

import numpy as np

_420 = 2
_ACCURATE_DCT = 4096


def available() -> bool:
    """Whether the library is installed."""
    return ctypes.util.find_library("turbojpeg") is not None


def decoding(files: list[bytes], *, divisor: int) -> Callable[[], int]:
    """What decodes every file, all of one size, at 1/``divisor`` to planes; how many it were."""
    library = _library()
    decoder = ctypes.c_void_p(library.tjInitDecompress())
    width, height, planes, keep = _size_and_planes(library, decoder, files[0], divisor)

    def work() -> int:
        done = 0
        for content in files:
            failed = library.tjDecompressToYUVPlanes(
                decoder, content, ctypes.c_ulong(len(content)), planes, width, None, height, 0
            )
            assert not failed and keep
            done += 1
        return done

    return work


def encoding(files: list[bytes], *, target: tuple[int, int], count: int, quality: int) -> Callable[[], int]:
    """What encodes ``count`` pictures, those of ``files`` in turn, at ``target`` size; how many it were."""
    library = _library()
    encoder = ctypes.c_void_p(library.tjInitCompress())
    pictures = [_decoded_as_target(content, target) for content in files]
    room = ctypes.create_string_buffer(1 << 22)

    def work() -> int:
        done = 0
        for planes, keep in islice(cycle(pictures), count):
            out, size = ctypes.c_void_p(ctypes.addressof(room)), ctypes.c_ulong(len(room))
            failed = library.tjCompressFromYUVPlanes(
                encoder, planes, target[0], None, target[1], _420,
                ctypes.byref(out), ctypes.byref(size), quality, 1024 | _ACCURATE_DCT,
            )  # fmt: skip
            assert not failed and keep
            done += 1
        return done

    return work


def _library():  # type: ignore[no-untyped-def]
    name = ctypes.util.find_library("turbojpeg")
    if name is None:
        raise ModuleNotFoundError("libturbojpeg is not installed (Debian: libturbojpeg0)")
    library = ctypes.CDLL(name)
    library.tjInitDecompress.restype = library.tjInitCompress.restype = ctypes.c_void_p
    return library


def _size_and_planes(library, decoder, content, divisor):  # type: ignore[no-untyped-def]
    width, height = ctypes.c_int(), ctypes.c_int()
    library.tjDecompressHeader(
        decoder, content, ctypes.c_ulong(len(content)), ctypes.byref(width), ctypes.byref(height)
    )
    width, height = -(-width.value // divisor), -(-height.value // divisor)
    arrays = [np.empty((height + 16, width + 16), np.uint8) for _ in range(3)]
    return width, height, (ctypes.c_void_p * 3)(*[array.ctypes.data for array in arrays]), arrays


def _decoded_as_target(content, target):  # type: ignore[no-untyped-def]
    """Planes of the picture at the target's size, by the filter that ours resizes with: details cost the encoder."""
    from io import BytesIO

    from PIL import Image

    half = ((target[0] + 1) // 2, (target[1] + 1) // 2)
    even = 2 * half[0], 2 * half[1]
    image = Image.open(BytesIO(content))
    image.draft("RGB", even)  # large ones are decoded at a fraction of their size
    small = image.convert("RGB").resize(even, Image.Resampling.BILINEAR).convert("YCbCr")
    luma, blue, red = small.split()
    arrays = [np.array(plane) for plane in (luma, blue.resize(half), red.resize(half))]
    return (ctypes.c_void_p * 3)(*[array.ctypes.data for array in arrays]), arrays
