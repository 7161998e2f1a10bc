"""Every format but PNG and the common JPEG, through Pillow: WebP, BMP, TIFF, GIF (first frame), lossless JPEG …

Colours are reduced as OpenCV does, so im2rec's records come out: 16 bit keeps its high byte (or stays, deep.py), alpha
is dropped without blending, the rest is colors.py.
"""

from __future__ import annotations

import io
import warnings

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from cpu_fallback import colors, deep
from cpu_fallback.picture import BadPictureError, Picture, refuse_giant
from gpu_im2rec.transcode import Reason
from gpu_im2rec.transcode.cut import is_cut
from gpu_im2rec.transcode.formats import format_of
from gpu_im2rec.transcode.jpeg_header import LOSSLESS, read_header

warnings.filterwarnings("ignore", module=r"PIL\.")  # damaged tags and large sizes, of a file that they do not name

# Formats that run other programs or that nobody trains on (EPS, PSD, FLI, …) are left out.
_FORMATS = ("JPEG", "MPO", "WEBP", "BMP", "DIB", "TIFF", "GIF", "PPM", "JPEG2000", "AVIF")
_ALPHA_MODES = ("RGBA", "LA", "PA", "La", "RGBa")


def decode(data: bytes, *, color: int, max_pixels: int, keep_deep: bool = False) -> Picture:
    """Grey, RGB or RGBA pixels, upright unless ``color`` is -1 (the file as it is); ``keep_deep`` keeps 16 bits.

    Raises BadPictureError for anything that is not a whole picture of at most ``max_pixels``.
    """
    image = _open(data, max_pixels)
    try:
        if color == 0 and _has_luma(image, data):
            image.draft("L", image.size)
        return _reduced(image, color, keep_deep)
    except (MemoryError, BadPictureError):
        raise
    except Exception as error:  # plugins raise what they like on damaged data: OSError, SyntaxError, struct.error …
        raise _bad(data, error) from error


def allow_pixels(max_pixels: int) -> None:
    """Let Pillow open what ``max_pixels`` allows, without its warnings: `refuse_giant` is the guard here."""
    if Image.MAX_IMAGE_PIXELS is not None:
        Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS, max_pixels)


def _open(data: bytes, max_pixels: int) -> Image.Image:
    Image.init()
    try:
        image = Image.open(io.BytesIO(data), formats=[name for name in _FORMATS if name in Image.OPEN])
    except UnidentifiedImageError as error:
        if format_of(data) is None:
            message = f"no decoder knows a file that begins with {data[:8]!r}"
            raise BadPictureError(Reason.NOT_AN_IMAGE, message) from None
        raise _bad(data, error) from None
    except Image.DecompressionBombError as error:
        raise BadPictureError(Reason.TOO_LARGE, str(error)) from error
    except Exception as error:
        raise _bad(data, error) from error
    refuse_giant(*image.size, max_pixels)
    return image


def _bad(data: bytes, error: Exception) -> BadPictureError:
    name = format_of(data)
    message = str(error) or type(error).__name__
    cut = is_cut(data, name)
    if cut is None:
        cut = isinstance(error, EOFError) or any(word in message.lower() for word in ("truncated", "eof", "not enough"))
    if cut:
        return BadPictureError(Reason.TRUNCATED, f"the {name or 'image'} data ends early: the file was cut")
    if isinstance(error, UnidentifiedImageError):
        message = f"no decoder takes this {name}: it is damaged, or of a rare kind"
    return BadPictureError(Reason.CORRUPT, message)


def _has_luma(image: Image.Image, data: bytes) -> bool:
    """Whether libjpeg can give the file's own luma."""
    if image.format not in ("JPEG", "MPO") or image.mode != "RGB":
        return False
    header = read_header(data)
    return header is None or header.process != LOSSLESS


def _reduced(image: Image.Image, color: int, keep_deep: bool) -> Picture:
    """Load ``image`` and bring it to 8-bit pixels of the channels that ``color`` asks for."""
    if color != -1:
        image = ImageOps.exif_transpose(image)
    if image.mode in deep.SIXTEEN_BIT:
        return Picture(deep.one_channel(image)[..., None], "GRAY") if keep_deep else _from_sixteen_bit(image, color)
    if image.mode == "F":
        raise BadPictureError(Reason.UNSUPPORTED, "floating-point pixels have no 8-bit meaning")
    if image.mode == "CMYK":
        return colors.from_cmyk(255 - np.asarray(image), color)
    see_through = "transparency" in image.info and image.mode in ("P", "RGB")  # a grey one stays grey, as in OpenCV
    if color == -1 and (image.mode in _ALPHA_MODES or see_through):
        return Picture(np.asarray(image.convert("RGBA")), "RGBA")
    if image.mode in ("1", "L", "LA", "La"):
        return colors.from_grey(np.asarray(image.convert("L"))[..., None], color)
    return colors.from_color(np.asarray(_without_alpha(image)), color)


def _without_alpha(image: Image.Image) -> Image.Image:
    """RGB, transparent pixels with the colour that the file gives them."""
    if image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")
    return image.convert("RGB")


def _from_sixteen_bit(image: Image.Image, color: int) -> Picture:
    """One 16-bit channel: the high byte is what remains."""
    return colors.from_grey((deep.one_channel(image) >> 8).astype(np.uint8)[..., None], color)
