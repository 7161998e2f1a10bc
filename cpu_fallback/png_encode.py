"""PNG bytes as OpenCV writes them: libpng's choice of filters and chunks, restated in NumPy, and Python's own zlib.

libpng itself would do, but wheels come with other compressors in zlib's place, whose bytes are others.

Source: libpng 1.6, pngwutil.c (png_write_find_filter, png_deflate_claim, optimize_cmf).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from cpu_fallback.opencv_area import bands
from cpu_fallback.picture import Picture

MAX_EDGE = 1_000_000  # pixels; libpng's limit

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOR_TYPES = {"GRAY": 0, "RGB": 2, "RGBX": 2, "RGBA": 6}
_CHUNK = 8192  # bytes of compressed data in an IDAT
_LARGEST_WINDOW = 15  # bits
_SMALL = 16384  # bytes of a picture up to which the window is fitted to it

Rows = NDArray[np.uint8]


def encode(picture: Picture, level: int) -> bytes:
    """PNG bytes of 8 or 16 bits a channel at zlib ``level`` 0 … 9."""
    width, height = picture.size
    pixels = picture.pixels[..., :3] if picture.mode == "RGBX" else picture.pixels
    if level == 0:  # nothing is compressed, but cut as libpng feeds it, in any library's way the same
        room = pixels.nbytes + pixels.nbytes // 8 + height + 4096
        return bytes(imagecodecs.png_encode(pixels.copy(), 0, out=room))  # a copy has no odd strides
    depth = 8 * pixels.dtype.itemsize
    rows = np.ascontiguousarray(pixels.astype(pixels.dtype.newbyteorder(">"))).view(np.uint8).reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, depth, _COLOR_TYPES[picture.mode], 0, 0, 0)
    stream = _compressed(_filtered(rows, rows.shape[1] // width), height * (rows.shape[1] + 1), level)
    data = (stream[start : start + _CHUNK] for start in range(0, len(stream), _CHUNK))
    chunks = [_chunk(b"IHDR", header), *(_chunk(b"IDAT", part) for part in data), _chunk(b"IEND", b"")]
    return b"".join([_SIGNATURE, *chunks])


def _filtered(rows: Rows, pixel: int) -> Iterator[bytes]:
    """Each row behind the number of its filter: the one whose bytes, taken as signed, add up to the least.

    Some rows at a time; a ``pixel`` has so many bytes.
    """
    before = np.zeros_like(rows[:1])
    for band in bands(len(rows)):
        candidates = _candidates(rows[band], before, pixel, tall=len(rows) > 1)
        before = rows[band][-1:]
        sums = [np.minimum(one, -one).sum(axis=1, dtype=np.int64) for one in candidates.values()]  # -x is 256 - x
        best = np.argmin(sums, axis=0)
        result = np.empty((len(best), rows.shape[1] + 1), np.uint8)
        for number, (kind, one) in enumerate(candidates.items()):
            chosen = best == number
            result[chosen, 0] = kind
            result[chosen, 1:] = one[chosen]
        yield result.tobytes()


def _candidates(rows: Rows, before: Rows, pixel: int, *, tall: bool) -> dict[int, Rows]:
    """``rows``, below the row ``before``, by every filter that libpng tries: none, sub, up, average, Paeth."""
    wide = rows.shape[1] > pixel
    above = np.concatenate([before, rows[:-1]])
    left, corner = np.zeros_like(rows), np.zeros_like(rows)
    left[:, pixel:], corner[:, pixel:] = rows[:, :-pixel], above[:, :-pixel]
    candidates = {0: rows}
    if wide:
        candidates[1] = rows - left
    if tall:
        candidates[2] = rows - above
    if wide and tall:
        candidates[3] = rows - ((left.astype(np.uint16) + above) >> 1).astype(np.uint8)
        candidates[4] = rows - _paeth(left, above, corner)
    return candidates


def _paeth(left: Rows, above: Rows, corner: Rows) -> Rows:
    """Of three neighbours the one nearest to left + above - corner; of equals the first."""
    a, b, c = (each.astype(np.int16) for each in (left, above, corner))
    to_left, to_above, to_corner = np.abs(b - c), np.abs(a - c), np.abs(a + b - 2 * c)
    is_left = (to_left <= to_above) & (to_left <= to_corner)
    return np.where(is_left, left, np.where(to_above <= to_corner, above, corner))


def _compressed(pieces: Iterable[bytes], size: int, level: int) -> bytes:
    """``pieces``, of ``size`` bytes together, as zlib's stream."""
    window = _LARGEST_WINDOW
    if size <= _SMALL:
        while size + 262 <= 1 << (window - 1):
            window -= 1
    compressor = zlib.compressobj(level, zlib.DEFLATED, max(window, 9), 8, zlib.Z_DEFAULT_STRATEGY)
    stream = bytearray().join(map(compressor.compress, pieces)) + compressor.flush()
    _shrink_window(stream, size)
    return bytes(stream)


def _shrink_window(stream: bytearray, size: int) -> None:
    """Say in zlib's header the smallest window that ``size`` bytes need."""
    bits = stream[0] >> 4
    while bits > 0 and size <= min(_SMALL, 1 << (bits + 7)):
        bits -= 1
    stream[0] = stream[0] & 0x0F | bits << 4
    flags = stream[1] & 0xE0
    stream[1] = flags + 0x1F - ((stream[0] << 8) + flags) % 0x1F


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(content, zlib.crc32(name)))
