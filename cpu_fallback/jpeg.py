"""JPEG through libjpeg-turbo: scaled decode (simplejpeg) and baseline 4:2:0 encode (imagecodecs).

Decoding is the accurate integer IDCT with fancy upsampling, encoding the accurate integer DCT with standard Huffman
tables: both are libjpeg's defaults, so OpenCV and Pillow give the same pixels and the same bytes. simplejpeg cannot
encode so (below quality 96 it always takes the fast DCT), imagecodecs cannot decode at a fraction of the size, and
Pillow encodes without letting other threads run.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import imagecodecs
import numpy as np
import simplejpeg

from cpu_fallback.jpeg_scans import has_all_scans
from cpu_fallback.picture import BadPictureError, Mode, Picture, Pixels
from gpu_im2rec.transcode import Reason
from gpu_im2rec.transcode.jpeg_header import END_OF_IMAGE

_CS = imagecodecs.JPEG8.CS
_COLORSPACES = {"GRAY": _CS.GRAYSCALE, "RGB": _CS.RGB, "RGBX": _CS.EXT_RGBX, "RGBA": _CS.EXT_RGBX}

_EXTRANEOUS = re.compile(r"(\d+) extraneous bytes before marker 0x(?:d\d|da|c4)")  # markers that end coded data
_PADDING = 16  # bytes: encoders leave a few before a marker; more is entropy-coded data that went undecoded


class Header(NamedTuple):
    """What a JPEG says about itself."""

    width: int
    height: int
    colorspace: str  # "YCbCr", "Gray", "RGB", "CMYK" or "YCCK"


def read_header(data: bytes) -> Header | None:
    """Size and colours, in microseconds; None where libjpeg-turbo's short interface cannot tell."""
    try:
        height, width, colorspace, _ = simplejpeg.decode_jpeg_header(data)
    except ValueError:
        return None
    return Header(width, height, colorspace)


def decode(data: bytes, header: Header, mode: Mode, divisor: int, buffer: Pixels | None) -> Picture | None:
    """Decode at 1/``divisor`` (1, 2, 4 or 8) of the size, into ``buffer`` where one is given.

    None for what this interface cannot decode, or only with a warning: what comes after a warning goes untold here, an
    error too. Raises BadPictureError for a cut or damaged file.
    """
    try:
        return _decode(data, header, mode, divisor, buffer)
    except ValueError as error:
        complaint = str(error)
    if "Premature end of JPEG file" in complaint:
        data += END_OF_IMAGE  # only the end mark may be missing
        try:
            picture = _decode(data, header, mode, divisor, buffer)
        except ValueError:
            picture = None
        if picture and has_all_scans(data):
            return picture
        raise BadPictureError(Reason.TRUNCATED, "the JPEG data ends early: the file was cut")
    if _is_damage(complaint):
        raise BadPictureError(Reason.CORRUPT, complaint)
    return None


def encode(picture: Picture, quality: int) -> bytes:
    """Baseline JPEG bytes, 4:2:0 (or one component for grey); alpha is dropped."""
    pixels = picture.pixels[..., 0] if picture.mode == "GRAY" else picture.pixels
    if 1 in picture.size:
        pixels = pixels.copy()  # an edge of one pixel may have any stride, which imagecodecs refuses
    return bytes(
        imagecodecs.jpeg8_encode(
            pixels, quality, colorspace=_COLORSPACES[picture.mode], outcolorspace=_CS.YCbCr, subsampling="420"
        )
    )


def _decode(data: bytes, header: Header, mode: Mode, divisor: int, buffer: Pixels | None) -> Picture:
    height, width = -(-header.height // divisor), -(-header.width // divisor)
    pixels = simplejpeg.decode_jpeg(
        data,
        mode,
        fastdct=False,
        fastupsample=False,
        min_height=height if divisor > 1 else 0,
        min_width=width if divisor > 1 else 0,
        buffer=buffer,
        strict=True,
    )
    return Picture(np.asarray(pixels), mode)


def _is_damage(complaint: str) -> bool:
    """Whether libjpeg's warning means wrong pixels, not merely an odd file."""
    extraneous = _EXTRANEOUS.search(complaint)
    if extraneous:
        return int(extraneous[1]) > _PADDING
    return any(
        words in complaint for words in ("premature end of data", "bad Huffman", "bad arithmetic", "instead of RST")
    )
