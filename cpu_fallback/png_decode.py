"""PNG through libpng, as OpenCV decodes it: what it refuses is refused here, what it passes over is packed.

Pillow takes a picture whose data ends early for whole, and refuses one for the sake of a damaged or long comment.
"""

from __future__ import annotations

import logging
import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from cpu_fallback.opencv_area import bands
from cpu_fallback.picture import BadPictureError, Mode, Picture, Pixels, refuse_giant, rotated
from gpu_im2rec.transcode import Reason
from gpu_im2rec.transcode.cut import is_cut
from gpu_im2rec.transcode.formats import size_of
from gpu_im2rec.transcode.jpeg_header import orientation_in_tiff

logging.getLogger("imagecodecs").setLevel(logging.ERROR)  # libpng's warnings, on comments and profiles, say no file

_COLOR_TYPE = 25  # offset in the file: signature 8, length 4, "IHDR" 4, width 4, height 4, depth 1
_GREY = 0  # a color type
_SRGB_GAMMA = 45455
_ENDS_EARLY = ("stream too small", "not enough image data")  # imagecodecs' words, and libpng's
_MODES: dict[int, Mode] = {1: "GRAY", 3: "RGB", 4: "RGBA"}


class _Notes(NamedTuple):
    """What chunks beside the pixels say."""

    gamma: float  # the power that samples are encoded with; 1.0 where none is said
    orientation: int  # EXIF, 1 … 8


def decode(data: bytes, *, color: int, max_pixels: int, keep_deep: bool) -> Picture:
    """Grey, RGB or RGBA pixels, upright unless ``color`` is -1; 8 bits a channel, or 16 if ``keep_deep`` and they are.

    Raises BadPictureError for anything that is not a whole PNG of at most ``max_pixels``.
    """
    size = size_of(data)
    if size is None and len(data) < _COLOR_TYPE:
        raise BadPictureError(Reason.TRUNCATED, "the PNG ends in its header: the file was cut")
    if size is None:  # libpng passes over comments ahead of the header, in which another size may stand
        raise BadPictureError(Reason.CORRUPT, "the PNG does not begin with its header")
    refuse_giant(*size, max_pixels)
    try:
        pixels = imagecodecs.png_decode(data)
    except MemoryError:
        raise
    except Exception as error:  # imagecodecs has its own for each codec
        message = str(error) or type(error).__name__
        if is_cut(data, "PNG") or any(words in message.lower() for words in _ENDS_EARLY):
            raise BadPictureError(Reason.TRUNCATED, "the PNG data ends early: the file was cut") from error
        raise BadPictureError(Reason.CORRUPT, message) from error
    notes = _notes(data)
    picture = _reduced(pixels.reshape(*pixels.shape[:2], -1), data[_COLOR_TYPE] == _GREY, color, notes.gamma)
    if picture.pixels.dtype == np.uint16 and not keep_deep:
        picture = Picture((picture.pixels >> 8).astype(np.uint8), picture.mode)
    if color != -1 and notes.orientation != 1:
        return rotated(picture, notes.orientation)
    return Picture(np.ascontiguousarray(picture.pixels), picture.mode)


def _reduced(pixels: Pixels, is_grey: bool, color: int, gamma: float) -> Picture:
    """The channels that ``color`` asks for. Alpha is dropped without blending, as in OpenCV, unless it is -1."""
    if color == -1:
        if is_grey:  # one transparent level gives it no alpha
            return Picture(pixels[..., :1], "GRAY")
        if pixels.shape[2] == 2:
            pixels = pixels[..., [0, 0, 0, 1]]
        return Picture(pixels, _MODES[pixels.shape[2]])
    if pixels.shape[2] < 3:
        grey = pixels[..., :1]
        return Picture(np.repeat(grey, 3, axis=2), "RGB") if color == 1 else Picture(grey, "GRAY")
    if color == 1:
        return Picture(pixels[..., :3], "RGB")
    return Picture(_grey(pixels, gamma), "GRAY")


def _grey(pixels: Pixels, gamma: float) -> Pixels:
    """(H, W, 1) as libpng's png_do_rgb_to_gray has it: in linear light where a gamma is known."""
    deep = pixels.dtype == np.uint16
    to_linear, from_linear = (_table(power, pixels.dtype) for power in (1 / gamma, gamma))
    rounding = 1 << 14 if deep or _matters(gamma) or _matters(1 / gamma) else 0
    result = np.empty((*pixels.shape[:2], 1), pixels.dtype)
    for band in bands(len(pixels)):
        red, green, blue = (pixels[band, :, channel] for channel in range(3))
        mean = to_linear[red] * 9797 + to_linear[green] * 19234 + to_linear[blue] * 3737 + rounding
        result[band, :, 0] = np.where((red == green) & (green == blue), red, from_linear[mean >> 15])
    return result


def _matters(power: float) -> bool:
    return not 0.95 <= power <= 1.05


def _table(power: float, dtype: np.dtype[np.unsignedinteger]) -> NDArray[np.int64]:
    """All levels to a ``power``; unchanged where libpng finds that it does not matter."""
    most = np.iinfo(dtype).max
    levels = np.arange(most + 1)
    if not _matters(power):
        return levels
    table: NDArray[np.int64] = np.floor(most * (levels / most) ** power + 0.5).astype(np.int64)
    return table


def _notes(data: bytes) -> _Notes:
    """Each chunk counts once, where it may stand, and where it makes sense: as libpng takes it."""
    gamma, srgb, turn = 0, False, 0
    may_say_colors = True  # ahead of palette and pixels
    for name, content in _chunks(data):
        may_say_colors &= name not in (b"PLTE", b"IDAT")
        if name == b"gAMA" and len(content) == 4 and may_say_colors and not gamma:
            (value,) = struct.unpack(">I", content)
            gamma = value if 16 <= value <= 625_000_000 else 0
        elif name == b"sRGB" and len(content) == 1 and may_say_colors:
            srgb |= content[0] <= 3
        elif name == b"eXIf" and not turn:
            turn = orientation_in_tiff(content)
    return _Notes((_SRGB_GAMMA if srgb else gamma or 100_000) / 100_000, turn or 1)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of each whole chunk up to the end mark; pixels are passed over."""
    position, name = 8, b""
    while name != b"IEND" and position + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, position)
        end = position + 8 + length
        if name == b"IDAT":
            yield name, b""
        elif zlib.crc32(data[position + 4 : end]).to_bytes(4, "big") == data[end : end + 4]:
            yield name, data[position + 8 : end]
        position = end + 4
