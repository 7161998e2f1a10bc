"""The decoder's pixels are libjpeg-turbo's, every level of them; what it cannot be sure of it says."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from gpu_im2rec.gpu.jpeg_batch import batch_of
from gpu_im2rec.gpu.jpeg_decoder import NOT_IN_STEP, JpegDecoder
from gpu_im2rec.gpu.jpeg_frame import Frame, Shape, read_frame
from gpu_im2rec.gpu.jpeg_layout import View
from gpu_im2rec.transcode.jpeg_header import read_header
from tests.gpu import damage
from tests.gpu.jpegs import coded, decoded_at, expected, lying_down, photo_like, saved

SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def same(place, files, views):
    found = decoded_at(place, [coded(data, view) for data, view in zip(files, views, strict=True)])
    for data, view, pixels in zip(files, views, found, strict=True):
        assert not isinstance(pixels, str), pixels
        assert np.array_equal(pixels, expected(data, view)), (read_header(data), view)


def frame_of(data):
    header = read_header(data)
    return read_frame(data[header.tables : header.scan])


@st.composite
def jpegs(draw):
    """A file, and how it is wanted."""
    divisor = draw(st.sampled_from([1, 2, 4, 8]))
    least = 1 if divisor == 1 else 2 * divisor  # below which simplejpeg may choose another fraction
    width, height = draw(st.integers(least, 140)), draw(st.integers(least, 140))
    image = photo_like(width, height, draw(st.integers(0, 99)), draw(st.sampled_from([0, 3, 80])))
    options = {
        "quality": draw(st.integers(1, 100)),
        "subsampling": draw(st.sampled_from([0, 1, 2])),
        "optimize": draw(st.booleans()),
        "restart_marker_blocks": draw(st.integers(0, 30)),
    }
    grey = draw(st.integers(0, 4)) == 0
    data = saved(image.convert("L") if grey else image, **options)
    if options["subsampling"] == 1 and not grey and draw(st.booleans()):
        data = lying_down(data)
    return data, View(divisor, draw(st.sampled_from([1, 3])), draw(st.integers(1, 8)))


@SLOW
@given(st.lists(jpegs(), min_size=1, max_size=5))
def test_any_batch_is_libjpegs_pixels(place, batch):
    """But for noise of high quality, which may take more passes than there are."""
    for (data, view), pixels in zip(batch, decoded_at(place, [coded(*each) for each in batch]), strict=True):
        if not isinstance(pixels, str):
            assert np.array_equal(pixels, expected(data, view))
        else:
            assert (pixels, len(data) > 4000) == (NOT_IN_STEP, True)


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0", "4:4:0", "grey"])
def test_every_small_size(place, subsampling):
    files = []
    for width in range(1, 21):
        for height in range(1, 21):
            image = photo_like(width, height, 20 * width + height)
            if subsampling == "grey":
                files.append(saved(image.convert("L"), quality=85))
            else:
                asked = "4:2:2" if subsampling == "4:4:0" else subsampling
                data = saved(image, quality=85, subsampling=asked)
                files.append(lying_down(data) if subsampling == "4:4:0" else data)
    same(place, files, [View(1, 3, 1)] * len(files))


def test_photographs_at_every_size_and_turn(place, photo_files):
    photos = [Image.open(path).convert("RGB") for path in photo_files]
    files = [saved(photo, quality=70 + number % 30) for number, photo in enumerate(photos)]
    views = [View(divisor, 3, turn) for divisor in (1, 2, 4, 8) for turn in (1, 3, 6)]
    for view in views:
        same(place, files, [view] * len(files))


def test_twelve_megapixels(place, photo_files):
    image = Image.open(photo_files[0]).convert("RGB").resize((4000, 3000), Image.Resampling.BICUBIC)
    data = saved(image, quality=92)
    same(place, [data, data], [View(1, 3, 1), View(4, 3, 6)])


def test_what_follows_the_end_changes_nothing(place, photo):
    plain = saved(photo, restart_marker_blocks=7)
    same(place, [plain, plain + b"something else"], [View(1, 3, 1)] * 2)


@pytest.mark.parametrize(
    ("change", "flag"),
    [
        (lambda code: code[: len(code) // 2] + b"\xff\xd9", "a JPEG whose code ends early"),
        (lambda code: code[:-2], "a JPEG whose code ends early"),
        (lambda code: code[:-2] + b"\x55\x55\xff\xd9", "a JPEG with something behind its code"),
        (lambda code: code[:900] + b"\xff\xd3" + code[900:], "a JPEG with a marker that is not due"),
        (lambda code: code[:-2] + b"\xff\xff\xff\xd9", "a JPEG with fill bytes in its code"),
        (lambda code: code.replace(b"\xff\0", b"\xff\xff\0", 1), "a JPEG with fill bytes in its code"),
    ],
)
def test_faults_are_flagged_and_neighbours_are_intact(place, photo, change, flag):
    data = saved(photo)
    whole = coded(data)
    broken = whole._replace(data=np.frombuffer(change(whole.data.tobytes()), np.uint8))
    first, second, third = decoded_at(place, [whole, broken, whole])
    assert second == flag
    assert np.array_equal(first, expected(data))
    assert np.array_equal(third, first)


def test_a_thousand_damaged_files(host):
    became = damage.check(host, 1000, seed=7)
    assert became["right"] > 50, "some faults change only pixels"
    assert sum(count for what, count in became.items() if what.startswith("flagged")) > 200
    assert len(became) > 9, "faults of many kinds"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"progressive": True}, "another kind than baseline"),
        ({"keep_rgb": True, "subsampling": 0}, "rare colours"),
    ],
)
def test_rare_kinds_are_refused_by_their_header(photo, options, why):
    data = saved(photo, **options)
    assert frame_of(data) == why


def test_a_header_is_read_as_it_is(photo):
    data = saved(photo, subsampling="4:2:2", restart_marker_blocks=5, optimize=True)
    frame = frame_of(data)
    assert isinstance(frame, Frame)
    assert frame.shape == Shape(300, 200, (2, 1), 5, (0, 1, 1))
    assert len(set(frame.tables.dc)) == len(set(frame.tables.quantisers)) == 2


def test_a_room_that_is_given_up_is_gone_at_once(host, photo):
    """Without waiting for the collector of cycles: the device may lack the memory now."""
    decoder = JpegDecoder(host.kernels)
    for size in ((100, 100), (300, 200)):
        decoder.decode(batch_of([coded(saved(photo.resize(size)))]))
    room = weakref.ref(decoder._huffman._room)
    gc.disable()
    try:
        decoder.free_memory()
        assert room() is None
    finally:
        gc.enable()
