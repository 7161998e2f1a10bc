"""The kernels' bytes are libjpeg-turbo's: as the CPU engine and as Pillow write them."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from cpu_fallback import jpeg
from cpu_fallback.picture import Picture
from gpu_im2rec.gpu import jpeg_tables
from gpu_im2rec.gpu.jpeg_encoder import JpegEncoder

SHAPES = [(1, 1), (1, 9), (9, 1), (2, 3), (8, 8), (7, 17), (16, 16), (17, 33), (24, 40), (203, 101), (341, 256)]


def encoded_at(place, arrays, quality, components=None):
    """JPEG files of ``arrays``, made at ``place``."""
    there = [place.described(array, components) for array in arrays]
    return JpegEncoder(place.kernels, quality).encode([pixels for pixels, _ in there])


def expected(array, quality):
    return jpeg.encode(Picture(array, "RGB" if array.shape[2] == 3 else "GRAY"), quality)


def smooth(width, height, channels, seed=0):
    """A picture whose blocks have few coefficients, unlike noise."""
    coarse = np.random.default_rng(seed).integers(0, 256, (height // 16 + 2, width // 16 + 2, 3), np.uint8)
    large = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    return np.array(large)[..., :channels].copy()


def noise(width, height, channels, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)


def flat(width, height, channels, level=200):
    return np.full((height, width, channels), level, np.uint8)


@pytest.mark.parametrize("quality", [1, 24, 50, 75, 95, 100])
@pytest.mark.parametrize("channels", [3, 1])
def test_a_ragged_batch_is_libjpegs_bytes(place, quality, channels):
    batch = [make(*shape, channels) for shape in SHAPES for make in (smooth, noise, flat)]
    batch.append(smooth(1000, 1000, channels))
    found = encoded_at(place, batch, quality)
    assert found == [expected(array, quality) for array in batch]


def test_colour_and_grey_share_a_batch(place, photo):
    colour = np.array(photo)
    grey = np.array(photo.convert("L"))[..., None]
    found = encoded_at(place, [colour, grey, colour], 90)
    assert found == [expected(colour, 90), expected(grey, 90), expected(colour, 90)]


def test_a_grey_picture_in_three_channels_is_encoded_as_grey(place, photo):
    grey = np.array(photo.convert("L"))[..., None]
    [found] = encoded_at(place, [np.repeat(grey, 3, axis=2)], 90, components=1)
    assert found == expected(grey, 90)


def test_pillow_writes_the_same_file(place, photo):
    out = io.BytesIO()
    photo.save(out, "jpeg", quality=95, subsampling="4:2:0")
    assert encoded_at(place, [np.array(photo)], 95) == [out.getvalue()]


def test_no_pictures_no_files(place):
    assert encoded_at(place, [], 95) == []


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    quality=st.integers(1, 100),
    pictures=st.lists(
        st.tuples(
            st.integers(1, 70),
            st.integers(1, 70),
            st.sampled_from([1, 3]),
            st.integers(0, 2**32),
            st.sampled_from([smooth, noise]),
            st.sampled_from([1, 64, 255]),
        ),
        min_size=1,
        max_size=6,
    ),
)
def test_any_batch_at_any_quality_is_libjpegs_bytes(place, quality, pictures):
    """``step`` coarsens the levels, down to black and white: the largest coefficients there are."""
    batch = [make(w, h, c, seed) // step * step for w, h, c, seed, make, step in pictures]
    found = encoded_at(place, batch, quality)
    assert found == [expected(array, quality) for array in batch]


def test_the_standard_tables():
    """As many codes as symbols, none longer than 16 bits, none the beginning of another."""
    codes = jpeg_tables.codes()
    for table in (codes[:12], codes[12:24], codes[24:280], codes[280:]):
        words = [f"{code >> 8:0{code & 255}b}" for code in table.tolist() if code]
        assert len(words) in (12, 162)
        assert max(map(len, words)) <= 16
        ordered = sorted(words)
        assert not any(longer.startswith(shorter) for shorter, longer in itertools.pairwise(ordered))
