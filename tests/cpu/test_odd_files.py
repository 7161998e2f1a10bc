"""Files that are rare but real, whose pixels OpenCV (and so im2rec) has its own way with."""

import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from cpu_fallback.transcoder import Transcoder
from gpu_im2rec.transcode import Encoded, Reason, Source, TranscodeSpec
from tests.conftest import encoded


def transcoded(content, color):
    return Transcoder(TranscodeSpec(color=color, encoding="png")).transcode(Source(0, content))


def opencv(content, color):
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), color)
    return Encoded(cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 3])[1].tobytes())


def chunk(name, data, *, damaged=False):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data) ^ damaged)


def with_chunk(png, name, data, **options):
    """``png`` with a chunk behind its header."""
    return png[:33] + chunk(name, data, **options) + png[33:]


GAMMAS = {
    "sRGB": (b"sRGB", b"\0"),
    "gamma 1/2.2": (b"gAMA", struct.pack(">I", 45455)),
    "gamma 1/1.8": (b"gAMA", struct.pack(">I", 55556)),
    "gamma 1": (b"gAMA", struct.pack(">I", 100000)),
    "gamma 2": (b"gAMA", struct.pack(">I", 200000)),
    "gamma that hardly matters": (b"gAMA", struct.pack(">I", 97000)),
    "gamma that matters one way": (b"gAMA", struct.pack(">I", 95000)),
}


@pytest.mark.parametrize("kind", GAMMAS)
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
@pytest.mark.parametrize("color", [0, 1, -1])
def test_a_png_that_says_its_gamma_becomes_grey_in_linear_light(photo, mode, kind, color):
    content = with_chunk(encoded(photo.convert(mode), "png"), *GAMMAS[kind])
    assert transcoded(content, color) == opencv(content, color)


@pytest.mark.parametrize("color", [0, 1, -1])
@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_one_transparent_colour(photo, mode, color):
    """A grey PNG gains no alpha by it, a colour one does."""
    image = photo.convert(mode)
    content = encoded(image, "png", transparency=(9, 9, 9) if mode == "RGB" else 1)
    assert transcoded(content, color) == opencv(content, color)


def test_one_transparent_level_of_16_bits():
    deep = np.arange(60 * 40, dtype=np.uint16).reshape(40, 60) * 27
    content = encoded(Image.fromarray(deep), "png")
    content = with_chunk(content, b"tRNS", struct.pack(">H", 27))
    assert transcoded(content, -1) == opencv(content, -1)


@pytest.mark.parametrize("name", [b"tEXt", b"pHYs"])
@pytest.mark.parametrize("color", [0, 1, -1])
def test_a_damaged_comment_costs_no_picture(photo, name, color):
    content = with_chunk(encoded(photo, "png"), name, b"ab\0cd" if name == b"tEXt" else bytes(9), damaged=True)
    assert transcoded(content, color) == opencv(content, color)


@pytest.mark.parametrize("color", [0, 1, -1])
def test_a_damaged_or_late_gamma_counts_for_nothing(photo, color):
    png = encoded(photo, "png")
    gamma = (b"gAMA", struct.pack(">I", 45455))
    end = png.index(b"IEND") - 4
    for content in (with_chunk(png, *gamma, damaged=True), png[:end] + chunk(*gamma) + png[end:]):
        assert transcoded(content, color) == opencv(content, color)


@pytest.mark.parametrize("place", ["before", "behind"])
def test_exif_stands_before_or_behind_the_pixels(photo, place):
    png, exif = encoded(photo, "png"), Image.Exif()
    exif[0x0112] = 6
    at = 33 if place == "before" else png.index(b"IEND") - 4
    content = png[:at] + chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0")) + png[at:]
    upright = cv2.rotate(cv2.imdecode(np.frombuffer(png, np.uint8), 1), cv2.ROTATE_90_CLOCKWISE)
    ours = cv2.imdecode(np.frombuffer(transcoded(content, 1).data, np.uint8), 1)
    assert (ours == upright).all()


def test_large_comments_cost_no_picture(photo):
    content = with_chunk(encoded(photo, "png"), b"zTXt", b"a\0\0" + zlib.compress(bytes(2 << 20)))
    content = with_chunk(content, b"tEXt", b"b\0" + b"x" * (2 << 20))
    assert transcoded(content, 1) == opencv(content, 1)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "I;16"])
def test_pixels_that_end_early_are_no_picture(photo, mode):
    """A stream that is well formed but too short: nothing is missing in the file, and half of the picture is."""
    image = photo.convert("L").convert("I;16") if mode == "I;16" else photo.convert(mode)
    height = struct.pack(">I", 2 * image.height)
    png = encoded(image, "png")
    header = png[16:20] + height + png[24:29]
    content = png[:8] + chunk(b"IHDR", header) + png[33:]
    assert transcoded(content, 1).reason is Reason.TRUNCATED


def test_an_edge_that_libpng_does_not_take_is_too_large():
    content = encoded(Image.new("L", (1_000_001, 1)), "tiff")
    assert transcoded(content, 0).reason is Reason.TOO_LARGE


def test_a_damaged_png_is_corrupt_and_no_stranger(photo):
    png = encoded(photo, "png")
    for content in (png[:24] + b"\x04" + png[25:], png[:8] + chunk(b"IHDR", bytes(13)) + png[33:]):
        assert transcoded(content, 1).reason is Reason.CORRUPT


def test_a_giant_behind_a_damaged_comment_is_refused_undecoded(photo):
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"tEXt", b"ab\0cd", damaged=True)
    assert transcoded(content, 1).reason is Reason.TOO_LARGE


def test_a_giant_behind_a_comment_that_says_another_size_is_refused_undecoded(photo):
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n" + chunk(b"smAl", struct.pack(">II", 2, 2)) + chunk(b"IHDR", header)
    content += chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    failure = transcoded(content, 1)
    assert (failure.reason, failure.message) == (Reason.CORRUPT, "the PNG does not begin with its header")


def test_what_stands_behind_the_end_is_no_part_of_a_png(photo):
    png, exif = encoded(photo, "png"), Image.Exif()
    exif[0x0112] = 6
    content = png + chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))
    assert transcoded(content, 1) == opencv(content, 1) == opencv(png, 1)


def test_a_comment_is_no_picture(photo):
    info = PngInfo()
    info.add_text("comment", "x" * 1000)
    content = encoded(photo, "png", pnginfo=info)
    assert transcoded(content, 1) == opencv(content, 1)


@pytest.mark.parametrize("color", [0, 1, -1])
def test_a_jpeg_with_a_few_bytes_before_its_end(jpeg, color):
    """simplejpeg refuses it, so Pillow decodes it: its own luma is its grey, too."""
    content = jpeg[:-2] + b"\0" * 3 + jpeg[-2:]
    assert transcoded(content, color) == opencv(content, color)
