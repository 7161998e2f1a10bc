"""A cut file is told from a whole one without decoding it."""

import io
import struct

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gpu_im2rec.transcode.cut import is_cut
from gpu_im2rec.transcode.formats import format_of
from tests.conftest import encoded

PHOTO = Image.effect_mandelbrot((70, 50), (-2, -1.5, 1, 1.5), 60).convert("RGB")
PIXELS = np.ascontiguousarray(PHOTO)


def animated(kind, **options):
    return encoded(PHOTO, kind, save_all=True, append_images=[PHOTO.rotate(90)], **options)


def tiff(**options):
    return bytes(imagecodecs.tiff_encode(PIXELS, **options))


FILES = {
    "JPEG": encoded(PHOTO, "jpeg"),
    "progressive JPEG": encoded(PHOTO, "jpeg", progressive=True),
    "JPEG with restarts": encoded(PHOTO, "jpeg", restart_marker_blocks=1),
    "MPO": animated("mpo"),
    "PNG": encoded(PHOTO, "png"),
    "PNG with a palette": encoded(PHOTO.convert("P"), "png"),
    "animated PNG": animated("png"),
    "GIF": encoded(PHOTO, "gif"),
    "GIF of two colours": encoded(PHOTO.convert("1"), "gif"),
    "animated GIF": animated("gif", comment=b"c" * 600),
    "WebP": encoded(PHOTO, "webp"),
    "lossless WebP": encoded(PHOTO, "webp", lossless=True),
    "animated WebP": animated("webp"),
    "BMP": encoded(PHOTO, "bmp"),
    "BMP with a palette": encoded(PHOTO.convert("P"), "bmp"),
    "BMP of two colours": encoded(PHOTO.convert("1"), "bmp"),
    "TIFF": encoded(PHOTO, "tiff"),
    "packed TIFF": encoded(PHOTO, "tiff", compression="tiff_lzw"),
    "TIFF of several pages": animated("tiff"),
    "TIFF in tiles": tiff(tile=(16, 16)),
    "TIFF in strips": tiff(rowsperstrip=4),
    "big-endian TIFF": tiff(byteorder=">", rowsperstrip=4),
    "big TIFF": tiff(bigtiff=True, tile=(16, 16)),
}


@pytest.mark.parametrize("kind", FILES)
def test_whole_files_are_whole_whatever_is_behind_them(kind):
    data = FILES[kind]
    name = format_of(data)
    assert name in kind or (name, kind) == ("JPEG", "MPO")
    assert is_cut(data, name) is False
    assert is_cut(data + bytes(100), name) is False


@settings(max_examples=40, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("kind", FILES)
def test_every_cut_is_noticed_that_costs_pixels(kind, data):
    """Some bytes at the very end may carry none: padding, a later page, or a directory's odds and ends."""
    whole = FILES[kind]
    cut = whole[: data.draw(st.integers(12, len(whole) - 12))]
    if not is_cut(cut, format_of(whole)):
        expected, found = (np.asarray(Image.open(io.BytesIO(content))) for content in (whole, cut))
        assert (expected == found).all()


def test_formats_that_do_not_tell():
    for kind in ("jpeg2000", "ppm"):
        data = encoded(PHOTO, kind)
        assert is_cut(data, format_of(data)) is None
    assert is_cut(b"no picture", None) is None


def test_a_thumbnails_end_is_not_the_pictures():
    thumbnail = FILES["JPEG"]
    block = b"Exif\0\0" + thumbnail
    data = thumbnail[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + thumbnail[2:]
    assert not is_cut(data, "JPEG")
    assert all(is_cut(data[:end], "JPEG") for end in range(3, len(data) - 1, 13))


def test_a_webp_may_lack_its_last_byte_of_padding():
    webp = FILES["WebP"]
    assert not is_cut(webp[:-1], "WebP")
    assert is_cut(webp[:-2], "WebP")


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(FILES)), st.data())
def test_damage_never_raises_or_hangs(kind, data):
    content = bytearray(FILES[kind])
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, min(len(content) - 1, 300)))] = data.draw(st.integers(0, 255))
    assert is_cut(bytes(content), format_of(FILES[kind])) in (True, False)
