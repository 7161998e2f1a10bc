"""Every format but PNG and the common JPEG, through Pillow: WebP, BMP, TIFF, GIF (first frame), CMYK JPEG …

Colours are reduced as OpenCV does, so im2rec's records come out: 16 bit keeps its high byte (or stays, deep.py), alpha
is dropped without blending, grey is OpenCV's integer formula.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from cpu_fallback import deep
from cpu_fallback.picture import BadPictureError, Picture, Pixels, refuse_giant
from gpu_im2rec.transcode import Reason

# Formats that run other programs or that nobody trains on (EPS, PSD, FLI, …) are left out.
_FORMATS = ("JPEG", "MPO", "WEBP", "BMP", "DIB", "TIFF", "GIF", "PPM", "JPEG2000", "AVIF")
_ALPHA_MODES = ("RGBA", "LA", "PA", "La", "RGBa")


def decode(data: bytes, *, color: int, max_pixels: int, keep_deep: bool = False) -> Picture:
    """Grey, RGB or RGBA pixels, upright unless ``color`` is -1 (the file as it is); ``keep_deep`` keeps 16 bits.

    Raises BadPictureError for anything that is not a whole picture of at most ``max_pixels``.
    """
    image = _open(data, max_pixels)
    try:
        return _reduced(image, color, keep_deep)
    except (MemoryError, BadPictureError):
        raise
    except Exception as error:  # plugins raise what they like on damaged data: OSError, SyntaxError, struct.error …
        raise _bad(error) from error


def allow_pixels(max_pixels: int) -> None:
    """Let Pillow open what ``max_pixels`` allows, without its warnings: `refuse_giant` is the guard here."""
    if Image.MAX_IMAGE_PIXELS is not None:
        Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS, max_pixels)


def _open(data: bytes, max_pixels: int) -> Image.Image:
    Image.init()
    try:
        image = Image.open(io.BytesIO(data), formats=[name for name in _FORMATS if name in Image.OPEN])
    except UnidentifiedImageError:
        raise BadPictureError(Reason.NOT_AN_IMAGE, f"no decoder knows a file that begins with {data[:8]!r}") from None
    except Image.DecompressionBombError as error:
        raise BadPictureError(Reason.TOO_LARGE, str(error)) from error
    except Exception as error:
        raise _bad(error) from error
    refuse_giant(*image.size, max_pixels)
    return image


def _bad(error: Exception) -> BadPictureError:
    message = str(error) or type(error).__name__
    cut = isinstance(error, EOFError) or any(word in message.lower() for word in ("truncated", "eof", "not enough"))
    return BadPictureError(Reason.TRUNCATED if cut else Reason.CORRUPT, message)


def _reduced(image: Image.Image, color: int, keep_deep: bool) -> Picture:
    """Load ``image`` and bring it to 8-bit pixels of the channels that ``color`` asks for."""
    if color == 0 and image.format in ("JPEG", "MPO") and image.mode == "RGB":
        image.draft("L", image.size)  # the file's own luma, as libjpeg gives it
    if color != -1:
        image = ImageOps.exif_transpose(image)
    if image.mode in deep.SIXTEEN_BIT:
        return Picture(deep.one_channel(image)[..., None], "GRAY") if keep_deep else _from_sixteen_bit(image, color)
    if image.mode == "F":
        raise BadPictureError(Reason.UNSUPPORTED, "floating-point pixels have no 8-bit meaning")
    if image.mode == "CMYK":
        return _from_color(_cmyk_to_rgb(np.asarray(image)), color)
    see_through = "transparency" in image.info and image.mode in ("P", "RGB")  # a grey one stays grey, as in OpenCV
    if color == -1 and (image.mode in _ALPHA_MODES or see_through):
        return Picture(np.asarray(image.convert("RGBA")), "RGBA")
    if image.mode in ("1", "L", "LA", "La"):
        return _from_grey(np.asarray(image.convert("L"))[..., None], color)
    return _from_color(np.asarray(_without_alpha(image)), color)


def _without_alpha(image: Image.Image) -> Image.Image:
    """RGB, transparent pixels with the colour that the file gives them."""
    if image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")
    return image.convert("RGB")


def _from_sixteen_bit(image: Image.Image, color: int) -> Picture:
    """One 16-bit channel: the high byte is what remains."""
    return _from_grey((deep.one_channel(image) >> 8).astype(np.uint8)[..., None], color)


def _from_grey(pixels: Pixels, color: int) -> Picture:
    return Picture(np.repeat(pixels, 3, axis=2), "RGB") if color == 1 else Picture(pixels, "GRAY")


def _from_color(pixels: Pixels, color: int) -> Picture:
    if color != 0:
        return Picture(pixels, "RGB")
    red, green, blue = (pixels[..., channel].astype(np.int32) for channel in range(3))
    grey = (red * 4899 + green * 9617 + blue * 1868 + (1 << 13)) >> 14
    return Picture(grey.astype(np.uint8)[..., None], "GRAY")


def _cmyk_to_rgb(cmyk: Pixels) -> Pixels:
    """Pillow's CMYK (255 is full ink) to RGB by OpenCV's formula: inks multiply, no colour profile."""
    paper = 255 - cmyk.astype(np.int32)
    black = paper[..., 3:]
    return (black - (((255 - paper[..., :3]) * black) >> 8)).astype(np.uint8)
