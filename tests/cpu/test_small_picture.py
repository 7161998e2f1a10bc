"""Pictures made small, by Pillow's measure."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from cpu_fallback.small_picture import decode_small
from gpu_im2rec.transcode import Failure
from tests.conftest import encoded


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
def test_it_fits_and_looks_like_pillows(photo, kind):
    data = encoded(photo, kind)
    small = decode_small(data, 96)
    assert small.pixels.shape == (64, 96, 3)
    assert small.full_size == (300, 200)
    theirs = Image.open(io.BytesIO(data)).convert("RGB").resize((96, 64), Image.Resampling.BILINEAR)
    assert np.abs(small.pixels.astype(int) - np.asarray(theirs)).mean() < 1.5


def test_it_is_upright_and_never_enlarged(photo):
    exif = Image.Exif()
    exif[0x112] = 6
    data = encoded(photo, "jpeg", exif=exif)
    assert decode_small(data, 100).pixels.shape == (100, 66, 3)
    assert decode_small(data, 1000).pixels.shape == (300, 200, 3)
    assert decode_small(data, 1000).full_size == (200, 300)


def test_a_sliver_keeps_a_pixel():
    assert decode_small(encoded(Image.new("L", (2000, 3)), "png"), 50).pixels.shape == (1, 50, 3)


def test_a_bad_picture_is_a_failure(jpeg):
    assert isinstance(decode_small(jpeg[:500], 50), Failure)
    assert isinstance(decode_small(b"", 50), Failure)
