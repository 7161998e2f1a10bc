"""Headers read without a codec, against Pillow's reading of the same files."""

import io
import random

import pytest
from PIL import Image

from gpu_im2rec.transcode import jpeg_header
from gpu_im2rec.transcode.jpeg_header import read_header
from tests.conftest import encoded


@pytest.mark.parametrize(("mode", "components"), [("RGB", 3), ("L", 1), ("CMYK", 4)])
@pytest.mark.parametrize("progressive", [False, True])
def test_the_frame(photo, mode, components, progressive):
    data = encoded(photo.convert(mode), "jpeg", progressive=progressive)
    scan = data.index(b"\xff\xda")
    scan += 2 + data[scan + 3]
    tables = data.index(b"\xff\xdb")
    assert read_header(data) == (
        300, 200, components, 8, 2 if progressive else 0, False, 1, tables, scan, False, True
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new"), [(b"JFIF\0\x01", b"JFIF\0\x02"), (b"Adobe\0d\0\0\0\0\x01", b"Adobe\0d\0\0\0\0\x02")]
)
def test_what_libjpeg_does_not_know_is_told(photo, old, new):
    """An Adobe's marker is put in front of all else."""
    data = encoded(photo, "jpeg")
    data = data[:2] + b"\xff\xee\0\x0eAdobe\0d\0\0\0\0\x01" + data[2:]
    assert read_header(data).known_kind
    changed = data.replace(old, new)
    assert changed != data
    assert not read_header(changed).known_kind


@pytest.mark.parametrize("turn", range(1, 9))
def test_the_orientation(photo, turn):
    tag = Image.Exif()
    tag[0x0112] = turn
    data = encoded(photo, "jpeg", exif=tag)
    assert read_header(data).orientation == turn


def test_rgb_is_told_from_luma_and_chroma(photo):
    stored = io.BytesIO()
    photo.save(stored, "jpeg", keep_rgb=True)
    assert read_header(stored.getvalue()).is_rgb
    ids = bytearray(encoded(photo, "jpeg"))
    at = ids.index(b"\xff\xc0") + 10
    ids[at : at + 9 : 3] = b"RGB"
    assert read_header(bytes(ids)).is_rgb


def test_what_is_no_jpeg_has_no_header(jpeg):
    for data in (b"", b"\xff", b"\xff\xd8", b"\xff\xd8\xff", jpeg[:20], b"\x89PNG\r\n\x1a\n" + bytes(100)):
        assert read_header(data) is None


def test_noise_never_raises(jpeg):
    chance = random.Random(1)
    for _ in range(3000):
        data = bytearray(jpeg[: chance.randrange(700)])
        for _ in range(chance.randrange(1, 8)):
            if data:
                data[chance.randrange(len(data))] = chance.randrange(256)
        header = read_header(bytes(data))
        assert header is None or (1 <= header.orientation <= 8 and header.scan <= len(data))


def test_fill_bytes_are_passed_over_at_once(jpeg):
    """Byte by byte, a hundred megabytes would take a minute."""
    assert read_header(jpeg[:2] + b"\xff" * 100_000_000) is None
    header = read_header(jpeg)
    assert read_header(jpeg[:2] + b"\xff" * 1000 + jpeg[2:]) == header._replace(
        tables=header.tables + 1000, scan=header.scan + 1000
    )


def test_what_stands_behind_the_frame_is_not_read_as_its_own(jpeg):
    frame = jpeg.index(b"\xff\xc0") + 4
    header = read_header(jpeg[: frame - 2] + b"\0\x08" + jpeg[frame : frame + 6] + b"R--G--B")
    assert (header.components, header.is_rgb) == (3, False)


def test_big_endian_exif_and_other_segments_before_it(jpeg):
    tiff = b"MM\0*\0\0\0\x08" + b"\0\x02" + b"\x01\x0f\0\x02\0\0\0\x01A\0\0\0" + b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0"
    block = b"\xff\xe1" + (len(tiff) + 8).to_bytes(2, "big") + b"Exif\0\0" + tiff
    comment = b"\xff\xfe\0\x06note"
    header = read_header(jpeg[:2] + comment + b"\xff" + block + jpeg[2:])
    assert (header.orientation, header.padded) == (6, False)


def test_padding_between_segments_is_passed_over(jpeg):
    tables = jpeg.index(b"\xff\xdb")
    header = read_header(jpeg[:tables] + b"\0\0\xff\0\0" + jpeg[tables:])
    whole = read_header(jpeg)
    assert header == whole._replace(scan=whole.scan + 5, padded=True)


def test_a_header_that_ends_early_has_no_scan(jpeg):
    whole = read_header(jpeg)
    assert read_header(jpeg[: whole.scan]) == whole
    assert read_header(jpeg[: whole.scan - 1]) == whole._replace(scan=0)


@pytest.mark.parametrize(
    "tiff",
    [
        b"",
        b"XX*\0",
        b"II*\0\xff\xff\xff\xff",
        b"II*\0\x08\0\0\0\xff\xff",
        b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x09\0\0\0",
    ],
)
def test_a_damaged_orientation_is_no_orientation(jpeg, tiff):
    block = b"\xff\xe1" + (len(tiff) + 8).to_bytes(2, "big") + b"Exif\0\0" + tiff
    assert read_header(jpeg[:2] + block + jpeg[2:]).orientation == 1


def test_so_many_headers_are_known_and_no_more(photo):
    files = [encoded(photo.resize((20 + number, 20)), "jpeg") for number in range(150)]
    for _ in range(2):
        assert [read_header(data).width for data in files] == list(range(20, 170))
        assert len(jpeg_header._known) <= 64


def test_headers_that_differ_where_nobody_looks_first(jpeg):
    """The frame's number of lines is told apart, wherever the bytes are by which headers are known."""
    at = jpeg.index(b"\xff\xc0") + 5
    assert read_header(jpeg).height == 200
    for place in (at, at + 1):
        changed = bytearray(jpeg)
        changed[place] += 1
        assert read_header(bytes(changed)).height == int.from_bytes(changed[at : at + 2], "big")


@pytest.mark.parametrize("between", [b"\xff\0", b"\xff\x01", b"\0", b"x\xff"])
def test_what_libjpeg_passes_over_with_a_warning_is_told(jpeg, between):
    header = read_header(jpeg)
    assert not header.padded
    assert not read_header(jpeg[:2] + b"\xff" + jpeg[2:]).padded, "a fill byte"
    for at in (2, header.tables, header.scan - 14):
        assert read_header(jpeg[:at] + between + jpeg[at:]).padded, at
