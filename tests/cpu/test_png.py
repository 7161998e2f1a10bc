"""PNG bytes are OpenCV's own, whatever compressor a wheel of libpng brings along."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from cpu_fallback.picture import Picture
from cpu_fallback.png_encode import encode as encode_png

CHANNELS = {"GRAY": 1, "RGB": 3, "RGBX": 4, "RGBA": 4}
TO_OPENCV = {"GRAY": [0], "RGB": [2, 1, 0], "RGBX": [2, 1, 0], "RGBA": [2, 1, 0, 3]}


def opencv(picture, level):
    pixels = np.ascontiguousarray(picture.pixels[..., TO_OPENCV[picture.mode]])
    return cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, level])[1].tobytes()


@pytest.mark.parametrize("level", range(10))
@pytest.mark.parametrize("mode", CHANNELS)
def test_photographs(photo_files, mode, level):
    for path in photo_files[::4]:
        image = Image.open(path).convert("RGBA").resize((160, 121))
        picture = Picture(np.ascontiguousarray(np.asarray(image)[..., : CHANNELS[mode]]), mode)
        assert encode_png(picture, level) == opencv(picture, level), path.name


@settings(max_examples=60, deadline=None)
@given(mode=st.sampled_from(list(CHANNELS)), level=st.integers(0, 9), data=st.data())
def test_any_pixels(mode, level, data):
    """One-pixel edges and noise, which grows when it is compressed, too."""
    height, width = data.draw(st.tuples(st.integers(1, 40), st.integers(1, 40)))
    pixels = data.draw(arrays(np.uint8, (height, width, CHANNELS[mode])))
    picture = Picture(pixels, mode)
    assert encode_png(picture, level) == opencv(picture, level)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1)])
@pytest.mark.parametrize("mode", CHANNELS)
def test_edges_of_one_pixel(mode, size):
    picture = Picture(np.arange(size[0] * size[1] * 4, dtype=np.uint8).reshape(*size, 4)[..., : CHANNELS[mode]], mode)
    assert encode_png(picture, 3) == opencv(picture, 3)


def test_noise_that_fills_many_chunks():
    noise = np.random.default_rng(0).integers(0, 256, (700, 900, 3)).astype(np.uint8)
    for level in (0, 1, 9):
        assert encode_png(Picture(noise, "RGB"), level) == opencv(Picture(noise, "RGB"), level)
