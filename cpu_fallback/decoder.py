"""One picture of any format to upright pixels, at the size that is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from cpu_fallback import colors, jpeg, other_formats, png_decode, webp_decode
from cpu_fallback.picture import BadPictureError, Mode, Picture, Pixels, padded, refuse_giant, rotated
from gpu_im2rec.transcode import Reason
from gpu_im2rec.transcode.formats import format_of
from gpu_im2rec.transcode.geometry import Plan, Size, decode_divisor, upright
from gpu_im2rec.transcode.jpeg_header import LOSSLESS, read_header

_KEPT_BUFFER = 64 << 20  # bytes; a fresh buffer for every picture would cost its page faults again


class Decoded(NamedTuple):
    """A picture, decoded for what is to be done with it."""

    picture: Picture  # upright; a JPEG may be at 1/divisor of its size
    plan: Plan  # in pixels of the full size
    divisor: int  # 1, 2, 4 or 8


class Decoder:
    """Decodes one picture at a time. One per thread: unless ``fresh``, the pixels are those of the next one soon."""

    def __init__(
        self,
        *,
        color: int,
        max_pixels: int,
        scaled: bool = False,
        padded: bool = False,
        keep_deep: bool = False,
        fresh: bool = False,
    ) -> None:
        """``color``: 1 three channels, 0 one, -1 as the file has them, and not turned; ``keep_deep``: 16 bits stay.

        ``scaled``: JPEGs are decoded as small as the plan allows; ``padded``: RGBX comes where RGB would.
        """
        other_formats.allow_pixels(max_pixels)
        self._color, self._max_pixels = color, max_pixels
        self._scaled, self._padded, self._keep_deep = scaled, padded, keep_deep
        self._buffer: Pixels | None = None if fresh else np.empty(0, np.uint8)

    def decode(self, data: bytes, plan: Callable[[Size], Plan], *, by_pillow: bool = False) -> Decoded:
        """The picture in ``data``, and what ``plan`` makes of its upright size.

        Raises BadPictureError for anything that is not a whole picture, and what ``plan`` raises.
        """
        if not data:
            raise BadPictureError(Reason.EMPTY, "the file has no bytes")
        file_format = format_of(data)
        decoded = self._from_jpeg(data, plan) if file_format == "JPEG" and not by_pillow else None
        if decoded:
            return decoded
        picture = self._from_webp(data) if file_format == "WebP" else None
        if not picture:
            decode = png_decode.decode if file_format == "PNG" else other_formats.decode
            picture = decode(data, color=self._color, max_pixels=self._max_pixels, keep_deep=self._keep_deep)
        return Decoded(padded(picture) if self._padded else picture, plan(picture.size), 1)

    def _from_webp(self, data: bytes) -> Picture | None:
        return webp_decode.decode(data, color=self._color, max_pixels=self._max_pixels, padded=self._padded)

    def _from_jpeg(self, data: bytes, plan: Callable[[Size], Plan]) -> Decoded | None:
        """None where Pillow must decode it, or say why not."""
        said, header = read_header(data), jpeg.read_header(data)
        if said is None or header is None or said.process == LOSSLESS:
            return None
        stored = header.width, header.height
        refuse_giant(*stored, self._max_pixels)
        if said.precision != 8:
            raise BadPictureError(Reason.UNSUPPORTED, f"a JPEG of {said.precision} bits a sample, which few can decode")
        orientation = 1 if self._color == -1 else said.orientation
        todo = plan(upright(stored, orientation))
        divisor = decode_divisor(todo) if self._scaled else 1
        picture = jpeg.decode(data, header, self._mode(header), divisor, self._buffer_for(header, divisor))
        if picture is None:
            return None
        if picture.mode == "CMYK":
            picture = colors.from_cmyk(picture.pixels, self._color)
        if orientation != 1:
            picture = rotated(picture, orientation)
        return Decoded(picture, todo, divisor)

    def _mode(self, header: jpeg.Header) -> Mode:
        if header.colorspace in ("CMYK", "YCCK"):
            return "CMYK"
        if self._color == 0 or (self._color == -1 and header.colorspace == "Gray"):
            return "GRAY"
        return "RGBX" if self._padded else "RGB"

    def _buffer_for(self, header: jpeg.Header, divisor: int) -> Pixels | None:
        needed = 4 * (header.width // divisor + 1) * (header.height // divisor + 1)
        if self._buffer is None or needed > _KEPT_BUFFER:
            return None
        if needed > self._buffer.size:
            self._buffer = np.empty(needed, np.uint8)
        return self._buffer
