"""OpenCV itself is the reference."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpu_fallback.opencv_resize import resize

FLAGS = {
    "nearest": cv2.INTER_NEAREST,
    "linear": cv2.INTER_LINEAR,
    "cubic": cv2.INTER_CUBIC,
    "area": cv2.INTER_AREA,
    "lanczos": cv2.INTER_LANCZOS4,
}

edge = st.integers(1, 90)


def difference(pixels, size, method):
    expected = cv2.resize(pixels, size, interpolation=FLAGS[method]).reshape(size[1], size[0], -1)
    return int(np.abs(expected.astype(int) - resize(pixels, *size, method)).max())


@pytest.mark.parametrize("method", FLAGS)
@settings(max_examples=150, deadline=None)
@given(
    source=st.tuples(edge, edge), target=st.tuples(edge, edge), channels=st.sampled_from([1, 3, 4]), seed=st.integers(0)
)
def test_any_size_to_any_size(method, source, target, channels, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (source[1], source[0], channels), dtype=np.uint8)
    # Cubic: OpenCV's own builds (with and without IPP) differ by one level.
    assert difference(pixels, target, method) <= (1 if method == "cubic" else 0)


@pytest.mark.parametrize("method", FLAGS)
@settings(max_examples=50, deadline=None)
@given(target=st.tuples(edge, edge), ratio=st.tuples(st.integers(1, 5), st.integers(1, 5)), seed=st.integers(0))
def test_whole_ratios(method, target, ratio, seed):
    shape = (target[1] * ratio[1], target[0] * ratio[0], 3)
    pixels = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    assert difference(pixels, target, method) <= (1 if method == "cubic" else 0)


@pytest.mark.parametrize("method", FLAGS)
def test_a_large_picture_in_many_bands(method):
    pixels = np.random.default_rng(0).integers(0, 256, (700, 1100, 3), dtype=np.uint8)
    assert difference(pixels, (403, 257), method) <= (1 if method == "cubic" else 0)


def test_the_same_size_is_left_alone():
    pixels = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert resize(pixels, 2, 2, "linear") is pixels
