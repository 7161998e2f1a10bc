"""The antialiased triangle filter by its integer formula, in NumPy: cykooz-resizer's levels, without its SIMD.

What each pixel that comes out covers of the source counts, columns before rows. An axis's weights are those of a
triangle as wide as the reduction asks, made to sum to 1, in 64-bit floats and in this order of operations. Its
coefficients are the weights times 2^precision, rounded, halves up; the precision is the largest that lets the largest
weight fit in 16 bits with its sign. The GPU engine computes the same (gpu_im2rec/gpu/cuda/resize_antialias.cu).

Source of the rules: fast_image_resize 5, src/convolution (mod.rs, optimisations.rs).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cpu_fallback.opencv_area import bands
from cpu_fallback.picture import Pixels
from gpu_im2rec.transcode.geometry import Box, Size

_MOST_PRECISION = 21  # bits


class _Axis(NamedTuple):
    """Output i is the sum over k of ``coefficients[k, i] * input[positions[k, i]]``, less ``precision`` bits."""

    positions: NDArray[np.intp]  # (taps, outputs)
    coefficients: NDArray[np.int32]  # (taps, outputs)
    precision: int


def resize(pixels: Pixels, crop: Box, size: Size) -> Pixels:
    """``crop`` (fractional pixels) of (H, W, C) uint8 at ``size`` (width, height)."""
    width, height = size
    down = _axis(pixels.shape[0], crop.top, crop.height, height)
    across = _axis(pixels.shape[1], crop.left, crop.width, width)
    result = np.empty((height, width, pixels.shape[2]), np.uint8)
    for band in bands(height):
        part = _Axis(down.positions[:, band], down.coefficients[:, band], down.precision)
        result[band] = _filtered(_filtered(pixels, part).swapaxes(0, 1), across).swapaxes(0, 1)
    return result


def _filtered(pixels: Pixels, axis: _Axis) -> Pixels:
    """Along the first axis."""
    total = np.full((axis.positions.shape[1], *pixels.shape[1:]), 1 << (axis.precision - 1), np.int32)
    for positions, coefficients in zip(axis.positions, axis.coefficients, strict=True):
        total += pixels[positions] * coefficients[:, None, None]
    filtered: Pixels = np.clip(total >> axis.precision, 0, 255).astype(np.uint8)
    return filtered


def _axis(inputs: int, start: float, length: float, outputs: int) -> _Axis:
    scale = (start + length - start) / outputs
    radius = max(scale, 1.0)
    centres = start + (np.arange(outputs) + 0.5) * scale
    first = np.maximum(np.floor(centres - radius), 0).astype(np.intp)
    end = np.minimum(np.ceil(centres + radius), inputs).astype(np.intp)
    positions = first + np.arange(int((end - first).max()))[:, None]
    distances = np.abs((positions - (centres - 0.5)) * (1.0 / radius))
    weights = np.where(positions < end, np.maximum(1.0 - distances, 0.0), 0.0)
    total = np.zeros(outputs)
    for tap in weights:  # one after the other, as the order counts
        total += tap
    weights /= total
    precision = _precision(float(weights.max()))
    return _Axis(np.minimum(positions, inputs - 1), _rounded(weights * (1 << precision)), precision)


def _precision(largest: float) -> int:
    for precision in range(_MOST_PRECISION):
        if _rounded(np.array(largest * (2 << precision))) >= 1 << 15:
            return precision
    return _MOST_PRECISION


def _rounded(values: NDArray[np.float64]) -> NDArray[np.int32]:
    """Halves up. Adding 0.5 first would itself be rounded."""
    whole = np.trunc(values)
    return (whole + (values - whole >= 0.5)).astype(np.int32)
