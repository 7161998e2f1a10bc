"""The common WebP through libwebp itself: Pillow takes half as long again, and lets no other thread run meanwhile.

Source: the WebP container and lossless specifications, RFC 9649; VP8's frame header, RFC 6386, 9.1.
"""

from __future__ import annotations

import imagecodecs

from cpu_fallback import colors
from cpu_fallback.picture import Picture, refuse_giant
from gpu_im2rec.transcode.cut import is_cut
from gpu_im2rec.transcode.geometry import Size

_EXIF, _ANIMATION = 0x08, 0x02  # flags of VP8X


def decode(data: bytes, *, color: int, max_pixels: int, padded: bool) -> Picture | None:
    """Grey or RGB pixels, RGBX for RGB where ``padded``; None for what Pillow must decode, or say why not.

    Raises BadPictureError for more than ``max_pixels``.
    """
    size = _still_size(data)
    if not size or color == -1 or is_cut(data, "WebP"):  # -1: Pillow says whether there is alpha
        return None
    refuse_giant(*size, max_pixels)
    try:
        pixels = imagecodecs.webp_decode(data, hasalpha=padded and color == 1)
    except MemoryError:
        raise
    except Exception:  # imagecodecs has its own for each codec
        return None
    return Picture(pixels, "RGBX") if pixels.shape[2] == 4 else colors.from_color(pixels, color)


def _still_size(data: bytes) -> Size | None:
    """Width and height of a WebP that neither moves nor says how it is turned."""
    if len(data) < 30:
        return None
    kind = data[12:16]
    if kind == b"VP8X" and not data[20] & (_EXIF | _ANIMATION):
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L":
        edges = int.from_bytes(data[21:25], "little")
        return 1 + (edges & 0x3FFF), 1 + (edges >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF
    return None
