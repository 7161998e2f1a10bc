"""The exact device's files are the CPU engine's, byte for byte."""

from __future__ import annotations

import pytest
from PIL import Image

from cpu_fallback import CpuEngine
from gpu_im2rec.gpu import ExactDevice, Limits, exact_engine
from gpu_im2rec.transcode import Encoded, Source, TranscodeSpec
from tests.conftest import encoded
from tests.gpu.jpegs import photo_like, saved


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
