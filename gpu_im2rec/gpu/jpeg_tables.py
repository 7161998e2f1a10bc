"""What a baseline JPEG holds besides its code: quantisation and Huffman tables, and the header.

Tables: ITU-T T.81, annex K. Scaling by quality and the order of segments: libjpeg (jcparam.c, jcmarker.c).
"""

from __future__ import annotations

import struct
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

# fmt: off
_LUMA = (
    16, 11, 10, 16,  24,  40,  51,  61,  12, 12, 14, 19,  26,  58,  60,  55,
    14, 13, 16, 24,  40,  57,  69,  56,  14, 17, 22, 29,  51,  87,  80,  62,
    18, 22, 37, 56,  68, 109, 103,  77,  24, 35, 55, 64,  81, 104, 113,  92,
    49, 64, 78, 87, 103, 121, 120, 101,  72, 92, 95, 98, 112, 100, 103,  99,
)
_CHROMA = (
    17, 18, 24, 47, 99, 99, 99, 99,  18, 21, 26, 66, 99, 99, 99, 99,
    24, 26, 56, 99, 99, 99, 99, 99,  47, 66, 99, 99, 99, 99, 99, 99,
    *[99] * 32,
)
_ZIGZAG = (
     0,  1,  8, 16,  9,  2,  3, 10, 17, 24, 32, 25, 18, 11,  4,  5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13,  6,  7,
    14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60,
    61, 54, 47, 55, 62, 63,
)
# fmt: on

# Huffman tables as a DHT segment has them: how many codes of 1 … 16 bits, then the symbols by length.
_DC_SYMBOLS = bytes(range(12))
_DC = (
    bytes((0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0)) + _DC_SYMBOLS,
    bytes((0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0)) + _DC_SYMBOLS,
)
_AC = (
    bytes((0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125))
    + bytes.fromhex(
        "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a343536373839"
        "3a434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7"
        "a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa"
    ),
    bytes((0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119))
    + bytes.fromhex(
        "0001020311040521310612415107617113223281081442"
        "91a1b1c109233352f0156272d10a162434e125f11718191a262728292a35363738393a434445464748494a535455565758595a6364656667"
        "68696a737475767778797a82838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9ca"
        "d2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa"
    ),
)


def divisors(quality: int) -> NDArray[np.uint16]:
    """(2, 64) uint16: what luma and chroma coefficients are divided by at ``quality`` (1 … 100), in natural order."""
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    scaled: NDArray[np.int64] = (np.array((_LUMA, _CHROMA)) * percent + 50) // 100
    return scaled.clip(1, 255).astype(np.uint16)


def codes() -> NDArray[np.uint32]:
    """(2 * 12 + 2 * 256) uint32, ``(code << 8) | length``: DC by size and AC by symbol, luma before chroma."""
    tables = [_codes(table, 12) for table in _DC] + [_codes(table, 256) for table in _AC]
    return np.concatenate(tables)


@lru_cache(maxsize=4)
def header(quality: int, components: int) -> tuple[bytes, bytes]:
    """Everything from SOI to the code, for 3 (4:2:0) or 1 components: what stands before and after the size.

    The size between them is height and width, 16 bits each, big-endian.
    """
    tables = [bytes((number, *quantisers[list(_ZIGZAG)])) for number, quantisers in enumerate(divisors(quality))]
    used = range(2 if components == 3 else 1)
    huffman = [
        segment for table in used for segment in (bytes((table,)) + _DC[table], bytes((16 + table,)) + _AC[table])
    ]
    sampling = [(1, 0x22, 0), (2, 0x11, 1), (3, 0x11, 1)] if components == 3 else [(1, 0x11, 0)]
    selectors = [(number, 0x11 if table else 0) for number, _, table in sampling]

    before = b"\xff\xd8" + _segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")
    before += b"".join(_segment(0xDB, tables[table]) for table in used)
    frame = bytes((components,)) + b"".join(bytes(one) for one in sampling)
    before += b"\xff\xc0" + struct.pack(">HB", 2 + 5 + len(frame), 8)
    after = frame + b"".join(_segment(0xC4, table) for table in huffman)
    after += _segment(0xDA, bytes((components,)) + b"".join(bytes(one) for one in selectors) + b"\0\x3f\0")
    return before, after


def tiny_jpeg(quality: int = 50, edge: int = 8) -> bytes:
    """A grey JPEG of at most 8x8 pixels: one block, whose only code says that all its coefficients are zero."""
    before, after = header(quality, 1)
    return before + struct.pack(">HH", edge, edge) + after + b"\x2b\xff\xd9"


def _codes(table: bytes, size: int) -> NDArray[np.uint32]:
    result = np.zeros(size, np.uint32)
    symbols = iter(table[16:])
    code = 0
    for length, count in enumerate(table[:16], start=1):
        for _ in range(count):
            result[next(symbols)] = code << 8 | length
            code += 1
        code <<= 1
    return result


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content
