"""The reference: Lanczos's filter with three lobes, as wide as the reduction asks, in float64 and without rounding."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_LOBES = 3

Pixels = NDArray[np.float64]


def reference(data: bytes, size: tuple[int, int]) -> Pixels:
    """(height, width, 3) levels 0 … 255 of a JPEG, decoded at full size, at ``size`` (width, height)."""
    picture = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    rows, columns = weights(picture.shape[0], size[1]), weights(picture.shape[1], size[0])
    channels = [rows @ picture[..., channel].astype(np.float64) @ columns.T for channel in range(3)]
    return np.clip(np.stack(channels, axis=-1), 0, 255)


def weights(before: int, after: int) -> Pixels:
    """(after, before): what each pixel of an edge of ``before`` counts in each of ``after``; rows sum to 1."""
    scale = before / after
    width = max(scale, 1.0)
    centers = (np.arange(after)[:, None] + 0.5) * scale
    distances = (np.arange(before)[None, :] + 0.5 - centers) / width
    kernel = np.where(np.abs(distances) < _LOBES, np.sinc(distances) * np.sinc(distances / _LOBES), 0.0)
    return np.asarray(kernel / kernel.sum(axis=1, keepdims=True))
