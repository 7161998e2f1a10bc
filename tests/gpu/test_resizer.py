"""The resizer's levels are the CPU engine's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cpu_fallback import opencv_resize, triangle
from gpu_im2rec.gpu.resizer import RESIZING, Resizer
from gpu_im2rec.transcode.geometry import Box

edges = st.integers(1, 90)
pictures = st.tuples(edges, edges, st.sampled_from([1, 3]), edges, edges, st.tuples(*[st.integers(0, 1000)] * 4))
SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def resized(place, interp, jobs):
    """Of ``(pixels, crop, size)`` each, in one batch."""
    gap = 16  # bytes between pictures, as the decoder leaves
    rows, parts, start = [], [], 0
    for pixels, crop, (width, height) in jobs:
        rows.append((start, pixels.shape[1], pixels.shape[0], pixels.shape[2], width, height, *crop))
        parts += [pixels.ravel(), np.full(gap, 99, np.uint8)]
        start += pixels.size + gap
    with place.kernels.here():
        source = place.kernels.arrays.asarray(np.concatenate(parts))
        found = Resizer(place.kernels, interp).resize(source, np.array(rows, RESIZING))
        (target,) = place.kernels.sent(found.pixels)()
    shapes = [(height, width, pixels.shape[2]) for pixels, _, (width, height) in jobs]
    return [
        target[at:][: np.prod(shape)].reshape(shape) for at, shape in zip(found.starts.tolist(), shapes, strict=True)
    ]


def job(picture, step):
    """A picture of noise, a crop whose edges are multiples of ``step``, and the size that it gets."""
    width, height, channels, across, down, cut = picture
    pixels = np.random.default_rng(width * height).integers(0, 256, (height, width, channels), np.uint8)
    left, right = sorted(int(part / 1000 * width / step) * step for part in cut[:2])
    top, bottom = sorted(int(part / 1000 * height / step) * step for part in cut[2:])
    crop = Box(left, top, right - left, bottom - top) if right > left and bottom > top else Box(0, 0, width, height)
    return pixels, crop, (across, down)


@SLOW
@given(st.lists(pictures, min_size=1, max_size=4), st.sampled_from([1, 0.5, 0.125]))
def test_antialias(place, batch, step):
    jobs = [job(picture, step) for picture in batch]
    for (pixels, crop, size), found in zip(jobs, resized(place, "antialias", jobs), strict=True):
        assert np.array_equal(found, triangle.resize(pixels, crop, size)), (pixels.shape, crop, size)


@SLOW
@given(st.lists(pictures, min_size=1, max_size=4), st.booleans())
def test_linear(place, batch, halved):
    jobs = [job(picture, 1) for picture in batch]
    if halved:
        jobs = [(pixels, crop, (-(-crop.width // 2), -(-crop.height // 2))) for pixels, crop, _ in jobs]
    for (pixels, crop, size), found in zip(jobs, resized(place, "linear", jobs), strict=True):
        left, top, width, height = crop
        part = pixels[top : top + height, left : left + width]
        assert np.array_equal(found, opencv_resize.resize(part, *size, "linear")), (pixels.shape, crop, size)


@pytest.mark.parametrize("size", [(20, 10), (10, 20)])
def test_a_reduction_at_which_no_weight_is_large(place, size):
    """Then coefficients have as many bits as they may have."""
    pixels = np.random.default_rng(1).integers(0, 256, (2000, 3000, 1), np.uint8)
    crop = Box(0, 0, 3000, 2000)
    [found] = resized(place, "antialias", [(pixels, crop, size)])
    assert np.array_equal(found, triangle.resize(pixels, crop, size))
