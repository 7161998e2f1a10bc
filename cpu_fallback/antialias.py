"""The antialiased triangle filter: every input pixel counts, none twice as much as its neighbour.

cykooz-resizer filters in SIMD. On machines for which it has no wheel, triangle.py computes the same levels in NumPy;
but for pictures with alpha Pillow's BILINEAR takes its place, which may round one level otherwise.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from cpu_fallback import deep, triangle
from cpu_fallback.picture import Mode, Picture
from gpu_im2rec.transcode.geometry import Box, Size

try:
    import cykooz_resizer as simd
except ImportError:  # no wheel for this machine
    simd = None


# Pillow's names for our modes. CMYK stands in for RGBX: four channels, none of them alpha. All but RGB lie in Pillow's
# memory as they do in ours, and share the buffer.
_CONTAINERS = {"GRAY": "L", "RGB": "RGB", "RGBX": "CMYK", "RGBA": "RGBA"}


class Filter:
    """Resizes pictures; keeps its buffers. Not for use by two threads at once."""

    def __init__(self) -> None:
        self._resizer: Any = simd.Resizer() if simd else None
        self._bilinear: Any = simd.ResizeAlg.convolution(simd.FilterType.bilinear) if simd else None

    def resize(self, picture: Picture, crop: Box, size: Size) -> Picture:
        """``crop`` (fractional pixels) of ``picture`` at ``size`` (width, height); alpha weighs its colours."""
        if picture.pixels.dtype == np.uint16:
            return deep.resize(picture, crop, size)
        if not self._resizer and picture.mode != "RGBA":
            return Picture(triangle.resize(picture.pixels, crop, size), picture.mode)
        source = _image_on(picture)
        if not self._resizer:
            return _copied(source.resize(size, Image.Resampling.BILINEAR, box=crop.corners), picture.mode)
        options = simd.ResizeOptions(self._bilinear, crop_box=simd.CropBox(*crop))
        if picture.mode == "RGB":
            target = Image.new("RGB", size)
            self._resizer.resize_pil(source, target, options)
            return _copied(target, "RGB")
        resized = Picture(np.empty((size[1], size[0], picture.pixels.shape[2]), np.uint8), picture.mode)
        self._resizer.resize_pil(source, _image_on(resized), options)
        return resized


def _image_on(picture: Picture) -> Image.Image:
    """What Pillow makes of the pixels' own memory; of a copy where they are RGB."""
    container = _CONTAINERS[picture.mode]
    return Image.frombuffer(container, picture.size, picture.pixels, "raw", container, 0, 1)


def _copied(image: Image.Image, mode: Mode) -> Picture:
    return Picture(np.asarray(image).reshape(image.height, image.width, -1), mode)
