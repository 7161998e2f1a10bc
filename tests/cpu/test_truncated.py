"""What decodes of a cut JPEG is packed where it was asked for: im2rec.py's bytes. OpenCV reads the file here."""

import cv2
import pytest
from PIL import Image

from cpu_fallback.transcoder import Transcoder
from gpu_im2rec.transcode import Encoded, Reason, Source, TranscodeSpec
from gpu_im2rec.transcode.jpeg_header import read_header
from tests.conftest import encoded


def transcoded(content, **options):
    return Transcoder(TranscodeSpec(**({"resize": 64, "interp": "linear"} | options))).transcode(Source(0, content))


@pytest.fixture
def im2rec(tmp_path):
    def read(content, color):
        """A record's picture as im2rec.py makes it, which reads files: OpenCV refuses cut ones in memory."""
        (tmp_path / "cut.jpg").write_bytes(content)
        pixels = cv2.imread(str(tmp_path / "cut.jpg"), color)
        if pixels is None:
            return None
        height, width = pixels.shape[:2]
        size = (64, height * 64 // width) if height > width else (width * 64 // height, 64)
        return cv2.imencode(".jpg", cv2.resize(pixels, size), [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()

    return read


KINDS = {
    "baseline": {},
    "progressive": {"progressive": True},
    "4:4:4": {"subsampling": "4:4:4"},
    "with restarts": {"restart_marker_rows": 1},
    "grey": {"mode": "L"},
    "RGB": {"keep_rgb": True},
    "CMYK": {"mode": "CMYK"},
    "progressive CMYK": {"mode": "CMYK", "progressive": True},
    "turned": {"orientation": 6},
}


@pytest.fixture(params=KINDS)
def whole(request, photo):
    options = dict(KINDS[request.param])
    exif = Image.Exif()
    exif[0x0112] = options.pop("orientation", 1)
    return encoded(photo.convert(options.pop("mode", "RGB")), "jpeg", exif=exif, **options)


@pytest.mark.parametrize("color", [1, 0, -1])
def test_the_record_is_im2recs(whole, color, im2rec):
    scan = read_header(whole).scan
    for share in (0, 1, 5, 30, 50, 90, 99):
        cut = whole[: scan + (len(whole) - scan) * share // 100]
        expected = Encoded(im2rec(cut, color), truncated=True)
        assert transcoded(cut, color=color, accept_truncated=True) == expected, share
        assert transcoded(cut, color=color).reason is Reason.TRUNCATED


def test_a_progressive_one_is_cut_between_its_scans_or_in_their_tables(photo, im2rec):
    """Where libjpeg has nothing to complain of, and all that is there is a coarse picture."""
    whole = encoded(photo, "jpeg", progressive=True)
    later = whole.index(b"\xff\xda", read_header(whole).scan)
    tables = whole.rindex(b"\xff\xc4", 0, later)
    refused = 0
    for end in range(tables, later + 10):
        cut = whole[:end]
        assert transcoded(cut).reason is Reason.TRUNCATED
        result, expected = transcoded(cut, accept_truncated=True), im2rec(cut, 1)
        if expected:
            assert result == Encoded(expected, truncated=True)
        else:
            assert result.reason is Reason.TRUNCATED
            refused += 1
    assert 0 < refused < later - tables


def test_a_whole_one_is_not_called_cut(whole):
    expected = transcoded(whole)
    assert transcoded(whole, accept_truncated=True) == expected
    assert transcoded(whole[:-2], accept_truncated=True) == transcoded(whole[:-2]) == expected
    assert not expected.truncated


def test_without_a_scan_there_is_nothing_to_pack(whole):
    scan = read_header(whole).scan
    for end in (*range(3, scan, 7), scan - 1):
        assert transcoded(whole[:end], accept_truncated=True).reason is Reason.TRUNCATED, end


def test_damage_is_not_accepted(jpeg):
    middle = len(jpeg) // 2
    damaged = jpeg[:middle] + b"\xfe" * 2000 + jpeg[middle + 2000 :]
    for content in (damaged, damaged[:-100]):
        assert transcoded(content, accept_truncated=True).reason is Reason.CORRUPT


def test_other_formats_are_refused_as_ever(photo):
    for kind in ("png", "gif", "bmp", "tiff", "webp"):
        content = encoded(photo, kind)
        assert transcoded(content[: len(content) // 2], accept_truncated=True).reason is Reason.TRUNCATED, kind


def test_a_cut_one_is_decoded_for_every_filter(jpeg):
    half = jpeg[: len(jpeg) // 2]
    for interp in ("antialias", "area"):
        assert transcoded(half, interp=interp, accept_truncated=True).truncated
