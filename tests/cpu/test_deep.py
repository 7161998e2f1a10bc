"""16 bits a channel stay so where colour -1 goes into a PNG, and are resized as OpenCV resizes them."""

import io

import cv2
import imagecodecs
import numpy as np
import pytest
from PIL import Image

from cpu_fallback.transcoder import Transcoder
from gpu_im2rec.transcode import Encoded, Reason, Source, TranscodeSpec
from tests.conftest import encoded
from tests.cpu.test_im2rec_parity import FLAGS

KINDS = {"grey": [0], "grey alpha": [0, 1], "RGB": [0, 1, 2], "RGBA": [0, 1, 2, 1]}


@pytest.fixture(scope="module")
def deep(photo):
    """(200, 300, 3) uint16 with something in every bit."""
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3))
    return (np.asarray(photo).astype(np.uint16) * 256 + noise).astype(np.uint16)


def png(deep, kind):
    return imagecodecs.png_encode(np.ascontiguousarray(deep[..., KINDS[kind]]).squeeze())


def transcoded(content, **options):
    result = Transcoder(TranscodeSpec(color=-1, encoding="png", **options)).transcode(Source(0, content))
    assert isinstance(result, Encoded), result
    return result.data


def opencv(content, size=None, flag=cv2.INTER_LINEAR):
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), -1)
    assert pixels.dtype == np.uint16
    if size:
        pixels = cv2.resize(pixels, size, interpolation=flag)
    return cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 3])[1].tobytes()


def pixels(content):
    return cv2.imdecode(np.frombuffer(content, np.uint8), -1).astype(np.int64)


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_resize_the_bytes_are_im2recs(deep, kind):
    content = png(deep, kind)
    assert transcoded(content, interp="linear") == opencv(content)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("interp", ["nearest", "area", "lanczos"])
@pytest.mark.parametrize("edge", [64, 50, 100, 130, 199, 333])
def test_resized_the_bytes_are_im2recs(deep, kind, interp, edge):
    content = png(deep, kind)
    assert transcoded(content, interp=interp, resize=edge) == opencv(content, (300 * edge // 200, edge), FLAGS[interp])


@pytest.mark.parametrize("interp", [("linear", 1), ("cubic", 2)])
def test_linear_and_cubic_are_within_one_level(deep, interp):
    name, flag = interp
    content = png(deep, "RGB")
    for edge in (50, 64, 130, 333):
        ours = transcoded(content, interp=name, resize=edge)
        assert abs(pixels(ours) - pixels(opencv(content, (300 * edge // 200, edge), flag))).max() <= 1


def test_linear_is_opencvs_without_simd(deep):
    content = png(deep, "RGBA")
    cv2.setUseOptimized(False)
    try:
        for edge in (50, 64, 130, 333):
            assert transcoded(content, interp="linear", resize=edge) == opencv(content, (300 * edge // 200, edge))
    finally:
        cv2.setUseOptimized(True)


@pytest.mark.parametrize("kind", KINDS)
def test_antialias_is_the_8_bit_filter_with_more_bits(deep, kind):
    fine = pixels(transcoded(png(deep, kind), resize=64))
    coarse = Image.open(io.BytesIO(png((deep // 256).astype(np.uint8), kind)))
    expected = pixels(transcoded(encoded(coarse, "png"), resize=64))
    assert fine.shape == expected.shape
    alpha = np.maximum(expected[..., 3:], 1) if fine.shape[-1] == 4 else 255
    close = abs(fine / 256 - expected) < 2 + 512 / alpha  # 8 bits of a nearly transparent colour say little
    assert (close | (np.asarray(alpha) < 16)).all()
    assert len(np.unique(fine)) > 256


def test_a_centre_is_cropped(deep):
    square = pixels(transcoded(png(deep, "RGB"), center_crop=True))
    assert (square == pixels(png(deep, "RGB"))[:, 50:250]).all()


def test_a_grey_tiff_too(deep):
    content = encoded(Image.fromarray(deep[..., 0]), "tiff")
    assert (pixels(transcoded(content)) == deep[..., 0]).all()


@pytest.mark.parametrize(("color", "encoding"), [(1, "png"), (0, "png"), (-1, "jpg"), (1, "jpg")])
def test_everywhere_else_the_high_byte_is_kept(deep, color, encoding):
    result = Transcoder(TranscodeSpec(color=color, encoding=encoding)).transcode(Source(0, png(deep, "grey")))
    assert cv2.imdecode(np.frombuffer(result.data, np.uint8), -1).dtype == np.uint8


def test_a_cut_file_is_named(deep):
    content = png(deep, "RGB")
    result = Transcoder(TranscodeSpec(color=-1, encoding="png")).transcode(Source(0, content[: len(content) // 2]))
    assert result.reason is Reason.TRUNCATED
