"""A bad picture is a Failure with the right reason, never an exception, and never a picture that lies."""

import io
import re
import struct
import zlib

import imagecodecs
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from cpu_fallback.decoder import Decoder
from cpu_fallback.transcoder import Transcoder
from gpu_im2rec.transcode import Encoded, Failure, Reason, Source, TranscodeSpec
from gpu_im2rec.transcode.jpeg_header import read_header
from tests.conftest import encoded

SPECS = [TranscodeSpec(resize=64), TranscodeSpec(resize=64, interp="linear"), TranscodeSpec(color=-1, encoding="png")]


def outcome(content, spec=SPECS[0]):
    return Transcoder(spec).transcode(Source(0, content))


def reason(content, spec=SPECS[0]):
    result = outcome(content, spec)
    return result.reason if isinstance(result, Failure) else None


@pytest.mark.parametrize("spec", SPECS)
def test_reasons(jpeg, photo, spec):
    png, webp = encoded(photo, "png"), encoded(photo, "webp")
    progressive = encoded(photo, "jpeg", progressive=True)
    cases = {
        "empty": (b"", Reason.EMPTY),
        "text": (b"<html>404</html>", Reason.NOT_AN_IMAGE),
        "JPEG cut at half": (jpeg[: len(jpeg) // 2], Reason.TRUNCATED),
        "JPEG cut near its end": (jpeg[:-300], Reason.TRUNCATED),
        "JPEG cut in its header": (jpeg[:700], Reason.TRUNCATED),
        "progressive JPEG cut": (progressive[: len(progressive) // 2], Reason.TRUNCATED),
        "PNG cut": (png[: len(png) // 2], Reason.TRUNCATED),
        "WebP cut": (webp[: len(webp) // 2], Reason.TRUNCATED),
        "floating point": (encoded(photo.convert("F"), "tiff"), Reason.UNSUPPORTED),
    }
    assert {name: reason(content, spec) for name, (content, _) in cases.items()} == {
        name: expected for name, (_, expected) in cases.items()
    }


def test_only_the_end_mark_missing_costs_nothing(jpeg):
    assert outcome(jpeg[:-2]) == outcome(jpeg)
    assert outcome(jpeg[:-1]) == outcome(jpeg)


def test_a_little_padding_costs_nothing(jpeg):
    tables = jpeg.index(b"\xff\xdb")
    # Pillow decodes such a header, at full size: the same pixels where nothing is decoded small.
    assert outcome(jpeg[:tables] + b"\0\0\0" + jpeg[tables:], SPECS[1]) == outcome(jpeg, SPECS[1])
    assert outcome(jpeg[:-2] + b"\0\0\0" + jpeg[-2:]) == outcome(jpeg)
    assert outcome(jpeg + b"trailing bytes") == outcome(jpeg)


def test_overwritten_scan_data_is_corrupt(jpeg):
    middle = len(jpeg) // 2
    assert reason(jpeg[:middle] + bytes(2000) + jpeg[middle + 2000 :]) is Reason.CORRUPT


@pytest.mark.parametrize("spec", [*SPECS, TranscodeSpec(resize=20), TranscodeSpec(resize=20, color=0)], ids=repr)
def test_a_lossless_jpeg_is_not_decoded_at_a_fraction_of_its_size(photo, spec):
    """simplejpeg would write all of its pixels into a buffer for a few."""
    for pixels in (np.ascontiguousarray(photo), np.ascontiguousarray(photo.convert("L"))):
        lossless = bytes(imagecodecs.jpeg8_encode(pixels, lossless=True))
        assert outcome(lossless, spec) == outcome(encoded(Image.fromarray(pixels), "bmp"), spec)


def test_an_error_behind_a_warning_is_an_error(photo):
    """simplejpeg, told to pass over warnings, would give what its buffer held before: another picture."""
    progressive = encoded(photo, "jpeg", progressive=True)
    second = progressive.index(b"\xff\xc4", read_header(progressive).scan)
    padded = progressive[:second] + bytes(3) + progressive[second:]  # libjpeg warns of that
    last = padded.rindex(b"\xff\xc4")
    assert isinstance(outcome(padded), Encoded)
    broken = padded[: last + 5] + b"\xff" * 16 + padded[last + 21 :]
    for spec in SPECS:
        assert reason(broken, spec) is Reason.CORRUPT


def test_more_than_8_bits_a_sample_are_not_supported(photo):
    deep = np.ascontiguousarray(photo).astype(np.uint16) * 16
    assert reason(bytes(imagecodecs.jpeg8_encode(deep, 90, bitspersample=12))) is Reason.UNSUPPORTED


def test_a_giant_is_refused_before_it_is_decoded(jpeg):
    size_at = jpeg.index(b"\xff\xc0") + 5
    giant = jpeg[:size_at] + struct.pack(">HH", 65_500, 65_500) + jpeg[size_at + 4 :]
    result = outcome(giant)
    assert result.reason is Reason.TOO_LARGE
    assert "65500x65500" in result.message
    assert "--max-pixels" in result.message


def test_a_png_bomb_is_refused_before_it_is_decoded():
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )
    assert reason(bomb) is Reason.TOO_LARGE


def test_max_pixels_is_the_last_size_that_passes(jpeg, photo):
    for content in (jpeg, encoded(photo, "png")):
        assert isinstance(outcome(content, TranscodeSpec(max_pixels=300 * 200)), Encoded)
        assert reason(content, TranscodeSpec(max_pixels=300 * 200 - 1)) is Reason.TOO_LARGE


def test_a_larger_limit_lifts_pillow_s_own(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    content = encoded(Image.new("L", (100, 50)), "png")
    assert isinstance(outcome(content, TranscodeSpec(max_pixels=5000)), Encoded)


@pytest.mark.parametrize("resize", [256, 65_500])
def test_a_result_that_no_jpeg_can_hold(resize):
    ribbon = encoded(Image.new("RGB", (1, 2000)), "jpeg")
    assert reason(ribbon, TranscodeSpec(resize=resize)) is Reason.TOO_LARGE
    assert isinstance(outcome(ribbon, TranscodeSpec(resize=256, upscale=False)), Encoded)


def test_out_of_memory_costs_one_picture(jpeg, monkeypatch):
    def exhausted(*_):
        raise MemoryError

    monkeypatch.setattr(Decoder, "_from_jpeg", exhausted)
    assert reason(jpeg) is Reason.TOO_LARGE


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), kind=st.sampled_from(["jpeg", "png", "gif", "bmp", "tiff", "webp"]))
def test_damage_never_raises(photo, data, kind):
    """Bytes changed, cut or repeated anywhere: a picture or a Failure, and the size that the header says."""
    content = bytearray(encoded(photo.resize((60, 40)), kind))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        if not content:
            break
    for spec in SPECS:
        result = outcome(bytes(content), spec)
        if isinstance(result, Encoded):
            assert np.asarray(Image.open(io.BytesIO(result.data))).size
        else:
            assert re.search(r"\w", result.message)
            assert result.reason is not Reason.DEFECT, result


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=400), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF0000WEBP", b"II*\0"])
)
def test_noise_never_raises(noise, start):
    result = outcome(start + noise)
    assert isinstance(result, Failure)
    assert result.reason is not Reason.DEFECT, result


def test_an_error_that_nothing_foresaw_costs_one_picture(jpeg, monkeypatch):
    def fail(*_: object) -> bytes:
        raise IndexError("no such thing")

    monkeypatch.setattr("cpu_fallback.jpeg.encode", fail)
    failure = Transcoder(TranscodeSpec()).transcode(Source(0, jpeg))
    assert failure == Failure(Reason.DEFECT, "please report it with this picture: IndexError: no such thing")
