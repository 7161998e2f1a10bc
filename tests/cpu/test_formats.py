"""Every format comes out as the picture that it shows."""

import io

import numpy as np
import pytest
from PIL import Image

from cpu_fallback.picture import Picture, padded
from cpu_fallback.transcoder import Transcoder
from gpu_im2rec.transcode import Source, TranscodeSpec
from tests.conftest import encoded

RED = Image.new("RGB", (40, 30), (230, 20, 40))


def shown(content, **options):
    result = Transcoder(TranscodeSpec(**{"encoding": "png"} | options)).transcode(Source(0, content))
    return Image.open(io.BytesIO(result.data))


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "bmp", "tiff", "gif", "ppm", "jpeg2000", "avif"])
def test_a_red_picture_is_red(kind):
    picture = shown(encoded(RED, kind))
    assert picture.size == (40, 30)
    red, green, blue = np.asarray(picture.convert("RGB")).reshape(-1, 3).mean(axis=0)
    assert red > 200
    assert green < 50
    assert blue < 70


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "LA", "CMYK", "1", "I;16", "YCbCr"])
def test_every_pixel_type_becomes_what_colour_asks(mode, photo):
    kind = {"CMYK": "tiff", "YCbCr": "tiff"}.get(mode, "png")
    image = (
        photo.convert("I").point(lambda value: value * 257).convert("I;16") if mode == "I;16" else photo.convert(mode)
    )
    content = encoded(image, kind)
    assert shown(content, color=1).mode == "RGB"
    assert shown(content, color=0).mode == "L"
    as_is = shown(content, color=-1).mode
    assert as_is == {"L": "L", "1": "L", "I;16": "I;16", "RGBA": "RGBA", "LA": "RGBA"}.get(mode, "RGB")


def test_sixteen_bit_keeps_its_high_byte():
    values = np.arange(40 * 30, dtype=np.uint16).reshape(30, 40) * 54
    content = encoded(Image.fromarray(values), "png")
    assert (np.asarray(shown(content, color=0)) == values >> 8).all()


def test_the_first_frame_of_a_gif(photo):
    frames = [photo.convert("P"), Image.new("P", photo.size)]
    content = encoded(frames[0], "gif", save_all=True, append_images=frames[1:])
    assert np.abs(np.asarray(shown(content)).astype(int) - np.asarray(frames[0].convert("RGB"))).max() == 0


def test_cmyk_inks_multiply():
    content = encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "jpeg", quality=100)
    assert np.abs(np.asarray(shown(content)).astype(int) - (255, 0, 0)).max() <= 3


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "tiff"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_turns_the_picture_upright(photo, kind, orientation):
    tag = Image.Exif()
    tag[0x0112] = orientation
    content = encoded(photo, kind, exif=tag)
    upright = Image.open(io.BytesIO(content))
    from PIL import ImageOps

    expected = np.asarray(ImageOps.exif_transpose(upright).convert("RGB")).astype(int)
    assert np.abs(np.asarray(shown(content)) - expected).max() <= 2
    assert shown(content, color=-1).size == upright.size, "colour -1 leaves the file as it is"


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (5, 1)])
@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    "options", [{}, {"color": 0}, {"center_crop": True}, {"center_crop": True, "interp": "linear"}]
)
def test_edges_of_one_pixel(size, mode, orientation, options):
    tag = Image.Exif()
    tag[0x0112] = orientation
    grey = encoded(Image.new(mode, size, 100 if mode == "L" else (100, 100, 100)), "jpeg", exif=tag)
    result = shown(grey, encoding="jpg", **options)
    assert result.size == ((1, 1) if "center_crop" in options else size if orientation < 5 else size[::-1])
    assert np.abs(np.asarray(result).astype(int) - 100).max() <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("crop", [False, True])
def test_orientation_and_scaled_decode_together(photo, orientation, crop):
    """A large rotated JPEG comes out as its upright twin does."""
    large = photo.resize((1200, 800))
    tag = Image.Exif()
    tag[0x0112] = orientation
    stored = encoded(large, "jpeg", quality=100, subsampling=0, exif=tag)
    from PIL import ImageOps

    upright = encoded(ImageOps.exif_transpose(Image.open(io.BytesIO(stored))), "png")
    one, other = (np.asarray(shown(content, resize=64, center_crop=crop)).astype(int) for content in (stored, upright))
    assert one.shape == other.shape
    assert np.abs(one - other).mean() < 1


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (7, 1), (40, 30)])
def test_padding_moves_no_colour(photo, size):
    pixels = np.asarray(photo.resize(size))
    roomy = padded(Picture(pixels, "RGB"))
    assert (roomy.mode, roomy.size, roomy.pixels.flags["C_CONTIGUOUS"]) == ("RGBX", size, True)
    assert (roomy.pixels[..., :3] == pixels).all()


@pytest.mark.parametrize(
    "picture", [Picture(np.zeros((2, 3, 3), np.uint16), "RGB"), Picture(np.zeros((2, 3, 1), np.uint8), "GRAY")]
)
def test_only_rgb_of_eight_bits_is_padded(picture):
    assert padded(picture) is picture
