"""The exact device's files are the CPU engine's, byte for byte."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PIL import Image

from cpu_fallback import CpuEngine
from gpu_im2rec.gpu import ExactDevice, Limits, exact_engine
from gpu_im2rec.transcode import Encoded, Source, TranscodeSpec
from gpu_im2rec.transcode.jpeg_header import segments
from tests.conftest import encoded
from tests.gpu.jpegs import photo_like, saved, with_all_ones


def engine(place, spec):
    limits = Limits(pictures=8, memory=1 << 30)
    return exact_engine(spec, ExactDevice(spec, place.kernels), CpuEngine(spec, 1), limits, "gpu:0 exact")


def results(engine, files):
    batches = engine.transcode([[Source(number, data) for number, data in enumerate(files)]])
    return [result for batch in batches for result in batch]


@pytest.fixture(scope="module")
def files(photo_files):
    """Photographs, large ones and odd ones."""
    exif = Image.Exif()
    exif[0x112] = 6
    photos = [Image.open(path).convert("RGB") for path in photo_files[:6]]
    made = [saved(photo, quality=80 + number, subsampling=number % 3) for number, photo in enumerate(photos)]
    made += [saved(photo.convert("L")) for photo in photos[:2]]
    made += [saved(photo_like(width, height, 1), exif=exif) for width, height in ((640, 481), (91, 203), (48, 48))]
    made += [saved(photo_like(1400, 1011, 2)), saved(photo_like(901, 1700, 3), restart_marker_rows=2)]
    made += [saved(photo_like(9, 7, 4)), saved(photo_like(1, 1, 5), subsampling=0)]
    return made


@pytest.mark.parametrize("color", [1, 0, -1])
@pytest.mark.parametrize("interp", ["antialias", "linear"])
@pytest.mark.parametrize("geometry", [{"resize": 48}, {"resize": 100, "center_crop": True}, {"center_crop": True}, {}])
def test_every_file_is_the_cpus(place, files, interp, color, geometry):
    spec = TranscodeSpec(interp=interp, color=color, quality=90, **geometry)
    expected = results(CpuEngine(spec, 1), files)
    found = results(engine(place, spec), files)
    assert found == expected, "and none was rescued"


def test_what_it_does_not_take_is_the_cpus_with_the_reason(place, files, photo):
    spec = TranscodeSpec(resize=48)
    odd = [
        (saved(photo, progressive=True), "another kind than baseline"),
        (encoded(photo, "png"), "not a JPEG"),
        (files[0][:-3000] + b"\xff\xd9", "a JPEG whose code ends early"),
    ]
    found = results(engine(place, spec), [files[1], *(data for data, _ in odd), files[2]])
    expected = results(CpuEngine(spec, 1), [files[1], *(data for data, _ in odd), files[2]])
    assert [getattr(each, "data", each) for each in found] == [getattr(each, "data", each) for each in expected]
    assert [each.rescue for each in found if isinstance(each, Encoded)] == ["", *(w for _, w in odd[:2]), ""]


def test_stages_are_measured(place, files):
    stages = engine(place, TranscodeSpec(resize=48)).stages([Source(0, data) for data in files])
    assert set(stages) == {"decode", "resize", "encode"}
    assert min(stages.values()) > 0


def icc(number, count, size=200):
    """A part of a colour profile, in its segment."""
    body = b"ICC_PROFILE\0" + bytes((number, count)) + b"p" * size
    return b"\xff\xe2" + (len(body) + 2).to_bytes(2, "big") + body


def with_fill_bytes(data):
    """Before every segment."""
    begins = [start - 4 for marker, start, _ in segments(data) if marker != 0xD9]
    parts = [data[start:end] for start, end in pairwise([0, *begins, len(data)])]
    return b"\xff\xff".join(parts)


ODD = {
    "a part of a profile": lambda data: data[:2] + icc(1, 2) + data[2:],
    "a profile twice": lambda data: data[:2] + icc(1, 1) + icc(1, 1) + data[2:],
    "no profile of none": lambda data: data[:2] + icc(0, 0) + data[2:],
    "an empty profile": lambda data: data[:2] + icc(1, 1, 0) + data[2:],
    "something between": lambda data: data[:2] + b"\xff\0" + data[2:],
    "fill bytes in the code": lambda data: data[:-500] + data[-500:].replace(b"\xff\0", b"\xff\xff\0", 1),
    "a code of ones": with_all_ones,
}
EVEN = {
    "a profile": lambda data: data[:2] + icc(1, 2) + icc(2, 2) + data[2:],
    "a comment": lambda data: data[:2] + b"\xff\xfe\0\x06text" + data[2:],
    "fill bytes": with_fill_bytes,
}


@pytest.mark.parametrize("change", [*ODD, *EVEN])
@pytest.mark.parametrize("resize", [20, 0])
def test_odd_headers_and_code_are_what_they_are_on_the_cpu(place, photo, change, resize):
    """At 20 the CPU engine decodes at a part of the size, but not what Pillow must decode."""
    spec = TranscodeSpec(resize=resize)
    changed = (ODD | EVEN)[change](saved(photo, quality=97))
    found = results(engine(place, spec), [changed])
    expected = results(CpuEngine(spec, 1), [changed])
    assert [getattr(each, "data", each) for each in found] == [getattr(each, "data", each) for each in expected]
    if change in EVEN:
        assert found == expected, "and not rescued"


@pytest.mark.parametrize(
    ("size", "options"),
    [
        ((90, 80), {"resize": 200, "max_pixels": 10_000}),
        ((65_501, 2), {"resize": 2}),
        ((3, 65_535), {"center_crop": True}),
    ],
)
def test_what_is_too_large_for_the_cpu_is_too_large(place, size, options):
    spec = TranscodeSpec(**options)
    data = saved(Image.new("RGB", (size[0] % 60_000 or 8, size[1] % 60_000 or 8)), subsampling=0)
    at = data.index(b"\xff\xc0") + 5
    data = data[:at] + size[1].to_bytes(2, "big") + size[0].to_bytes(2, "big") + data[at + 4 :]
    assert results(engine(place, spec), [data]) == results(CpuEngine(spec, 1), [data])
