"""The antialiased triangle filter: every input pixel counts, none twice as much as its neighbour.

cykooz-resizer filters in SIMD; Pillow's BILINEAR is the same filter in plain C (each may round one level otherwise) and
takes its place on machines for which cykooz-resizer has no wheel.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from cpu_fallback import deep
from cpu_fallback.picture import Picture
from gpu_im2rec.transcode.geometry import Box, Size

try:
    import cykooz_resizer as simd
except ImportError:  # no wheel for this machine
    simd = None


# Pillow's names for our modes. CMYK stands in for RGBX: four channels, none of them alpha, and the buffer is shared.
_CONTAINERS = {"GRAY": "L", "RGB": "RGB", "RGBX": "CMYK", "RGBA": "RGBA"}


class Filter:
    """Resizes pictures; keeps its buffers. Not for use by two threads at once."""

    def __init__(self) -> None:
        self._resizer: Any = simd.Resizer() if simd else None

    def resize(self, picture: Picture, crop: Box, size: Size) -> Picture:
        """``crop`` (fractional pixels) of ``picture`` at ``size`` (width, height); alpha weighs its colours."""
        if picture.pixels.dtype == np.uint16:
            return deep.resize(picture, crop, size)
        container = _CONTAINERS[picture.mode]
        source = Image.frombuffer(container, picture.size, picture.pixels, "raw", container, 0, 1)
        if self._resizer:
            target = Image.new(container, size)
            bilinear = simd.ResizeAlg.convolution(simd.FilterType.bilinear)
            self._resizer.resize_pil(source, target, simd.ResizeOptions(bilinear, crop_box=simd.CropBox(*crop)))
        else:
            target = source.resize(size, Image.Resampling.BILINEAR, box=crop.corners)
        return Picture(np.asarray(target).reshape(size[1], size[0], -1), picture.mode)
