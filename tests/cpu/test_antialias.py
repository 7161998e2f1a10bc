"""The default filter: clean, and nearly the same whether a JPEG was decoded small or whole."""

import io
from statistics import mean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cpu_fallback import antialias, decoder, triangle
from cpu_fallback.picture import Picture
from cpu_fallback.transcoder import Transcoder
from gpu_im2rec.transcode import Source, TranscodeSpec
from gpu_im2rec.transcode.geometry import Box
from tests.conftest import encoded


def pixels_of(content, spec):
    result = Transcoder(spec).transcode(Source(0, content))
    return np.asarray(Image.open(io.BytesIO(result.data)).convert("RGB"))


def psnr(one, other):
    return 10 * np.log10(255**2 / max(np.mean((one.astype(float) - other) ** 2), 1e-12))


@pytest.mark.parametrize(
    "enlarged", [(1920, 1280), (4000, 3000), (1560, 1040), (3120, 2080)]
)  # the last two: least margin
@pytest.mark.parametrize("crop", [False, True])
def test_scaled_decode_is_as_good_as_full_decode(photo_files, monkeypatch, enlarged, crop):
    """At least 50 dB mean, as the design asks; PNG out, so that the encoder adds nothing."""
    spec = TranscodeSpec(resize=256, encoding="png", center_crop=crop)
    contents = [
        encoded(Image.open(path).convert("RGB").resize(enlarged, Image.Resampling.BICUBIC), "jpeg", quality=90)
        for path in photo_files[:6]
    ]
    quick = [pixels_of(content, spec) for content in contents]
    monkeypatch.setattr(decoder, "decode_divisor", lambda todo: 1)
    whole = [pixels_of(content, spec) for content in contents]
    values = [psnr(*pair) for pair in zip(quick, whole, strict=True)]
    assert mean(values) >= 50, values
    assert min(values) < 100, "the scaled decode was not used"


@pytest.mark.skipif(antialias.simd is None, reason="no cykooz-resizer for this machine")
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBX", "RGBA"])
@pytest.mark.parametrize("size", [(97, 63), (300, 200), (411, 300)])
def test_others_take_the_simd_filter_s_place(photo, monkeypatch, mode, size):
    pixels = np.asarray(photo.convert(mode)).reshape(200, 300, -1)
    box = Box(10.25, 4.5, 280.5, 190)
    simd = antialias.Filter().resize(Picture(pixels, "GRAY" if mode == "L" else mode), box, size).pixels
    monkeypatch.setattr(antialias, "simd", None)
    plain = antialias.Filter().resize(Picture(pixels, "GRAY" if mode == "L" else mode), box, size).pixels
    assert simd.shape == plain.shape == (size[1], size[0], pixels.shape[2])
    assert np.abs(simd.astype(int) - plain).max() <= (mode == "RGBA")


edges = st.integers(1, 120)


@pytest.mark.skipif(antialias.simd is None, reason="no cykooz-resizer for this machine")
@given(edges, edges, st.tuples(edges, edges), st.sampled_from([1, 3]), st.tuples(*[st.floats(0, 0.45)] * 4), st.data())
def test_the_formula_is_the_simd_filter_s(width, height, size, channels, cut, data):
    whole = data.draw(st.booleans())
    box = Box(0, 0, width, height)
    if not whole:
        left, top = cut[0] * width, cut[1] * height
        box = Box(left, top, (1 - cut[2]) * width - left, (1 - cut[3]) * height - top)
    pixels = np.random.default_rng(width).integers(0, 256, (height, width, channels), np.uint8)
    simd = antialias.Filter().resize(Picture(pixels, "RGB" if channels == 3 else "GRAY"), box, size).pixels
    assert (triangle.resize(pixels, box, size) == simd).all()


@pytest.mark.skipif(antialias.simd is None, reason="no cykooz-resizer for this machine")
def test_a_reduction_at_which_no_weight_is_large():
    pixels = np.random.default_rng(1).integers(0, 256, (2000, 3000, 1), np.uint8)
    box = Box(0, 0, 3000, 2000)
    simd = antialias.Filter().resize(Picture(pixels, "GRAY"), box, (20, 10)).pixels
    assert (triangle.resize(pixels, box, (20, 10)) == simd).all()


def test_transparent_colours_do_not_bleed():
    """Red that nobody sees, beside green: the edge stays green."""
    pixels = np.zeros((64, 64, 4), np.uint8)
    pixels[:, :32] = (255, 0, 0, 0)
    pixels[:, 32:] = (0, 255, 0, 255)
    small = antialias.Filter().resize(Picture(pixels, "RGBA"), Box(0, 0, 64, 64), (9, 9)).pixels
    assert small[..., 0][small[..., 3] > 0].max() == 0


def test_fine_stripes_become_grey_where_im2rec_aliases(photo):
    stripes = Image.fromarray(np.tile(np.array([[0, 255]], np.uint8), (400, 200)))
    content = encoded(stripes, "png")
    clean = pixels_of(content, TranscodeSpec(resize=150, encoding="png"))
    aliased = pixels_of(content, TranscodeSpec(resize=150, encoding="png", interp="linear"))
    assert clean[5:-5, 5:-5].std() < 15 < 60 < aliased[5:-5, 5:-5].std()


def test_a_crop_alone_moves_no_pixel(photo):
    content = encoded(photo, "png")
    cropped = pixels_of(content, TranscodeSpec(center_crop=True, encoding="png"))
    assert (cropped == np.asarray(photo)[:, 50:250]).all()
