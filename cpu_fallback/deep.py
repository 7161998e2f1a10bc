"""16 bits a channel, which stay so where ``color`` -1 goes into a PNG; everywhere else their high byte is kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cpu_fallback.picture import Picture
from gpu_im2rec.transcode.geometry import Box, Size

SIXTEEN_BIT = ("I;16", "I;16L", "I;16B", "I")  # Pillow's modes of one channel; of more it knows 8 bits only


def one_channel(image: Image.Image) -> NDArray[np.uint16]:
    """(H, W) of an image in one of the modes SIXTEEN_BIT; Pillow holds some as 32 bit."""
    values: NDArray[np.uint16] = np.clip(np.asarray(image), 0, 0xFFFF).astype(np.uint16)
    return values


def resize(picture: Picture, crop: Box, size: Size) -> Picture:
    """The antialiased triangle filter in float32: ``crop`` of ``picture`` at ``size``; alpha weighs its colours."""
    planes = np.moveaxis(picture.pixels.astype(np.float32), 2, 0)
    if picture.mode == "RGBA":
        planes[:3] *= planes[3]
    images = (Image.fromarray(plane) for plane in planes)
    resized = np.stack([np.asarray(each.resize(size, Image.Resampling.BILINEAR, box=crop.corners)) for each in images])
    if picture.mode == "RGBA":
        resized[:3] /= np.maximum(resized[3], 1e-6)
    pixels = np.clip(np.rint(resized), 0, 0xFFFF).astype(np.uint16)
    return Picture(np.ascontiguousarray(np.moveaxis(pixels, 0, 2)), picture.mode)
