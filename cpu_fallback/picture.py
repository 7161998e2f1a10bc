"""Decoded pixels, and the error that says why there are none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.transcode import Failure, Reason

Result = TypeVar("Result")
Pixels = NDArray[np.unsignedinteger[Any]]  # uint8; uint16 only where 16 bits go into a PNG (deep.py)
Mode = Literal["GRAY", "RGB", "RGBX", "RGBA", "CMYK"]  # X: a byte of padding that SIMD likes; CMYK as JPEGs have it


class Picture(NamedTuple):
    """Decoded pixels: (H, W, C), uint8 or uint16, C-contiguous, with the channels that ``mode`` names."""

    pixels: Pixels
    mode: Mode

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        height, width = self.pixels.shape[:2]
        return width, height


class BadPictureError(Exception):
    """A picture that cannot be transcoded; carries the ``Failure`` that it becomes."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.failure = Failure(reason, message)


def attempted(work: Callable[[], Result]) -> Result | Failure:
    """What ``work`` gives; the Failure that becomes of a picture where it raises."""
    try:
        return work()
    except BadPictureError as error:
        return error.failure
    except MemoryError:
        return Failure(Reason.TOO_LARGE, "not enough memory to decode it; lower --max-pixels or --workers")
    except Exception as error:  # one picture must not end a run of millions, whatever we overlooked
        return Failure(Reason.DEFECT, f"please report it with this picture: {type(error).__name__}: {error}")


def refuse_giant(width: int, height: int, max_pixels: int) -> None:
    """Raise BadPictureError for more than ``max_pixels``: a small file can unpack to gigabytes."""
    if width * height > max_pixels:
        raise BadPictureError(
            Reason.TOO_LARGE, f"{width}x{height} is {width * height:,} pixels; --max-pixels allows {max_pixels:,}"
        )


def padded(picture: Picture) -> Picture:
    """RGBX for RGB of 8 bits, anything else as it is. X is of no account."""
    pixels = picture.pixels
    if picture.mode != "RGB" or pixels.dtype != np.uint8:
        return picture
    roomy = np.empty(pixels.size + 1, np.uint8)  # each pixel is copied with the byte behind it: quicker than by channel
    roomy[:-1] = pixels.reshape(-1)
    words: Pixels = np.ndarray(pixels.shape[:2], np.dtype("<u4"), roomy, strides=(3 * pixels.shape[1], 3))
    return Picture(words.copy().view(np.uint8).reshape(*pixels.shape[:2], 4), "RGBX")


def rotated(picture: Picture, orientation: int) -> Picture:
    """``picture`` turned upright, as its EXIF orientation (1 … 8) asks."""
    pixels = picture.pixels
    if orientation in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return Picture(np.ascontiguousarray(pixels), picture.mode)
