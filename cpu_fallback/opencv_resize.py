"""OpenCV's resize, restated in NumPy: same arithmetic, no OpenCV.

im2rec resizes with OpenCV, and records are only the same bytes as its own if every rounding is the same too.
`nearest`, `linear` and `lanczos` equal ``cv2.resize`` exactly; so does `area`, but for 1 in rare samples at odd ratios;
`cubic` may differ by 1, as OpenCV's own builds differ there.

Weights of the 8-bit filters are 11-bit fixed point: ``round_half_even(2048 * weight)``. 16 bits are filtered in float32
as OpenCV does without SIMD; with it, any method but `nearest` may differ by 1.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cpu_fallback.opencv_area import bands, scale, shrink_area
from cpu_fallback.picture import Pixels

_ONE = 2048  # 1.0 in fixed point, INTER_RESIZE_COEF_SCALE


class _Taps(NamedTuple):
    """One axis of a separable filter: output i is the sum over k of ``weights[k, i] * input[positions[k, i]]``."""

    positions: NDArray[np.intp]  # (taps, outputs)
    weights: NDArray[np.float32]  # (taps, outputs)


def resize(pixels: Pixels, width: int, height: int, method: str) -> Pixels:
    """(H, W, C) → (height, width, C), uint8 or uint16, by ``method``: nearest, linear, cubic, area or lanczos."""
    source_height, source_width = pixels.shape[:2]
    if (source_height, source_width) == (height, width):
        return pixels
    exact_half = (source_height, source_width) == (2 * height, 2 * width)
    if method == "nearest":
        return _nearest(pixels, width, height)
    if method == "area" or (method == "linear" and exact_half):
        if source_width >= width and source_height >= height:
            return shrink_area(pixels, width, height)
        return _separable(pixels, width, height, _area_upscaling_taps, _blend_linear)
    if method == "linear":
        return _separable(pixels, width, height, _linear_taps, _blend_linear)
    kernel = {"cubic": _cubic_kernel, "lanczos": _lanczos_kernel}[method]
    return _separable(pixels, width, height, partial(_kernel_taps, kernel), _blend_wide)


def _nearest(pixels: Pixels, width: int, height: int) -> Pixels:
    def positions(source: int, target: int) -> NDArray[np.intp]:
        whole: NDArray[np.intp] = np.floor(np.arange(target) * scale(source, target)).astype(np.intp)
        return np.minimum(whole, source - 1)

    rows, columns = positions(pixels.shape[0], height), positions(pixels.shape[1], width)
    return np.ascontiguousarray(pixels[rows[:, None], columns])


def _separable(
    pixels: Pixels,
    width: int,
    height: int,
    taps_of: Callable[[int, int, bool], _Taps],
    blend: Callable[[NDArray[Any], NDArray[Any]], Pixels],
) -> Pixels:
    """Filter along the rows into 32-bit sums, then ``blend`` those down the columns; 16-bit pixels in float32."""
    source_height, source_width, channels = pixels.shape
    across, down = taps_of(source_width, width, True), taps_of(source_height, height, False)
    columns = [((p[:, None] * channels + np.arange(channels)).ravel()) for p in across.positions]
    arithmetic, blend = (_fixed_point, blend) if pixels.dtype == np.uint8 else (_floating_point, _blend_deep)
    weights = arithmetic(np.repeat(across.weights, channels, axis=1))
    down_weights = arithmetic(down.weights)
    flat = pixels.reshape(source_height, source_width * channels)
    result = np.empty((height, width * channels), pixels.dtype)
    for band in bands(height):
        needed, inverse = np.unique(down.positions[:, band], return_inverse=True)
        rows = flat[needed]
        sums = rows.take(columns[0], axis=1) * weights[0]  # quicker than an index
        for column, weight in zip(columns[1:], weights[1:], strict=True):
            sums += rows.take(column, axis=1) * weight
        taps = sums[inverse.reshape(down.positions[:, band].shape)]
        result[band] = blend(taps, down_weights[:, band, None])
    return result.reshape(height, width, channels)


def _fixed_point(weights: NDArray[np.float32]) -> NDArray[Any]:
    fixed: NDArray[np.int32] = np.rint(weights * np.float32(_ONE)).astype(np.int32)
    return fixed


def _floating_point(weights: NDArray[np.float32]) -> NDArray[Any]:
    return weights


def _blend_deep(taps: NDArray[np.float32], weights: NDArray[np.float32]) -> Pixels:
    """(taps, rows, n) sums → (rows, n) uint16."""
    blended: Pixels = np.clip(np.rint((taps * weights).sum(axis=0)), 0, 0xFFFF).astype(np.uint16)
    return blended


def _blend_linear(taps: NDArray[np.int32], weights: NDArray[np.int32]) -> Pixels:
    """(2, rows, n) sums → (rows, n): the 16-bit shortcut that OpenCV takes for two taps."""
    products = taps >> 4
    products *= weights
    products >>= 16
    total = products[0]
    total += products[1]
    total += 2
    total >>= 2
    blended: Pixels = total.astype(np.uint8)
    return blended


def _blend_wide(taps: NDArray[np.int32], weights: NDArray[np.int32]) -> Pixels:
    """(taps, rows, n) sums → (rows, n): both passes' 22 fraction bits rounded off at once."""
    total = (taps * weights).sum(axis=0, dtype=np.int32)
    blended: Pixels = np.clip((total + (1 << 21)) >> 22, 0, 255).astype(np.uint8)
    return blended


def _centres(source: int, target: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Where each output pixel's centre falls in the input: whole part and float32 fraction."""
    position = ((np.arange(target) + 0.5) * scale(source, target) - 0.5).astype(np.float32)
    whole = np.floor(position)
    return whole.astype(np.intp), position - whole


def _linear_taps(source: int, target: int, horizontal: bool) -> _Taps:
    whole, fraction = _centres(source, target)
    if horizontal:
        outside = (whole < 0) | (whole >= source - 1)
        fraction = np.where(outside, np.float32(0), fraction)
    return _two_taps(whole, fraction, source)


def _area_upscaling_taps(source: int, target: int, horizontal: bool) -> _Taps:
    step = scale(source, target)
    outputs = np.arange(target)
    whole = np.floor(outputs * step)
    fraction = ((outputs + 1) - (whole + 1) * (target / source)).astype(np.float32)
    fraction = np.where(fraction <= 0, np.float32(0), fraction - np.floor(fraction))
    if horizontal:
        fraction = np.where(whole >= source - 1, np.float32(0), fraction)
    return _two_taps(whole.astype(np.intp), fraction, source)


def _two_taps(whole: NDArray[np.intp], fraction: NDArray[np.float32], source: int) -> _Taps:
    positions = np.clip(np.stack([whole, whole + 1]), 0, source - 1)
    return _Taps(positions, np.stack([np.float32(1) - fraction, fraction]))


def _kernel_taps(
    kernel: Callable[[NDArray[np.float32]], NDArray[np.float32]], source: int, target: int, horizontal: bool
) -> _Taps:
    whole, fraction = _centres(source, target)
    weights = kernel(fraction)
    offsets = np.arange(len(weights)) - (len(weights) // 2 - 1)
    positions = np.clip(whole + offsets[:, None], 0, source - 1)
    return _Taps(positions, weights)


def _cubic_kernel(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Keys' cubic with a = -0.75, evaluated in float32 as OpenCV writes it."""
    a, one = np.float32(-0.75), np.float32(1)
    y = x + one
    first = ((a * y - 5 * a) * y + 8 * a) * y - 4 * a
    second = ((a + 2) * x - (a + 3)) * x * x + one
    z = one - x
    third = ((a + 2) * z - (a + 3)) * z * z + one
    return np.stack([first, second, third, one - first - second - third])


def _lanczos_kernel(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Lanczos with 4 lobes: 8 taps, sines by the angle-sum rule in float64, sums in float32."""
    half = 0.70710678118654752440084436210485
    turn = [(1, 0), (-half, -half), (0, 1), (half, -half), (-1, 0), (half, half), (0, -1), (-half, half)]
    start = -(x + np.float32(3)).astype(np.float64) * np.pi * 0.25
    sine, cosine = np.sin(start), np.cos(start)
    weights = np.empty((8, len(x)), np.float32)
    total = np.zeros(len(x), np.float32)
    for tap, (s, c) in enumerate(turn):
        distance = (x + np.float32(3)) - np.float32(tap)
        angle = -distance.astype(np.float64) * np.pi * 0.25
        with np.errstate(divide="ignore", invalid="ignore"):
            value = ((s * sine + c * cosine) / (angle * angle)).astype(np.float32)
        weights[tap] = np.where(np.abs(distance) < 1e-6, np.float32(1e30), value)
        total += weights[tap]
    return weights * (np.float32(1) / total)
