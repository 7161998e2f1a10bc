"""Only what the device decodes surely goes there."""

import io

import numpy as np
import pytest
from PIL import Image

from gpu_im2rec.gpu.admission import Job, admit
from gpu_im2rec.transcode import Source, TranscodeSpec
from tests.conftest import encoded

SPEC = TranscodeSpec(resize=48)
PLENTY = 1 << 40


def admitted(data, memory=PLENTY, **options):
    return admit(TranscodeSpec(**{"resize": 48} | options), Source(0, data), memory)


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("progressive", [False, True])
def test_whole_jpegs_go_to_the_device(photo, mode, progressive):
    data = encoded(photo.convert(mode), "jpeg", progressive=progressive)
    job = admitted(data)
    assert isinstance(job, Job)
    assert bytes(job.data) == data
    assert job.plan.size == (72, 48)
    assert job.components == 3


def test_grey_comes_out_where_it_is_asked_for(photo):
    colour, grey = encoded(photo, "jpeg"), encoded(photo.convert("L"), "jpeg")
    assert admitted(colour, color=0).components == 1
    assert admitted(grey, color=-1).components == 1
    assert admitted(colour, color=-1).components == 3


@pytest.mark.parametrize(("turn", "size", "as_stored"), [(1, (72, 48), (72, 48)), (6, (48, 72), (72, 48))])
def test_the_plan_is_the_upright_pictures(photo, turn, size, as_stored):
    tag = Image.Exif()
    tag[0x0112] = turn
    data = encoded(photo, "jpeg", exif=tag)
    assert admitted(data).plan.size == size
    assert admitted(data, color=-1).plan.size == as_stored


def rgb_jpeg(photo):
    out = io.BytesIO()
    photo.save(out, "jpeg", keep_rgb=True)
    return out.getvalue()


def with_frame(jpeg, marker=0xC0, precision=8, width=300):
    at = jpeg.index(b"\xff\xc0")
    frame = bytes((0xFF, marker, 0, 17, precision)) + (200).to_bytes(2, "big") + width.to_bytes(2, "big")
    return jpeg[:at] + frame + jpeg[at + len(frame) :]


def with_thumbnail(jpeg):
    """A whole JPEG in its EXIF ends among what is looked through for the end of a file of 2,000 bytes."""
    thumbnail = encoded(Image.new("L", (8, 8)), "jpeg")
    block = b"Exif\0\0" + bytes(700) + thumbnail
    return jpeg[:2] + b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block + jpeg[2:]


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda photo, jpeg: b"", "not a JPEG"),
        (lambda photo, jpeg: b"\xff\xd8\xff", "not a JPEG"),
        (lambda photo, jpeg: encoded(photo, "png"), "not a JPEG"),
        (lambda photo, jpeg: encoded(photo.convert("CMYK"), "jpeg"), "neither YCbCr nor grey"),
        (lambda photo, jpeg: rgb_jpeg(photo), "neither YCbCr nor grey"),
        (lambda photo, jpeg: with_frame(jpeg, marker=0xC9), "rare kind"),
        (lambda photo, jpeg: with_frame(jpeg, marker=0xC3), "rare kind"),
        (lambda photo, jpeg: with_frame(jpeg, precision=12), "rare kind"),
        (lambda photo, jpeg: with_frame(jpeg, width=0), "refused size"),
        (lambda photo, jpeg: jpeg[: len(jpeg) // 2], "without its end"),
        (lambda photo, jpeg: jpeg[:-2], "without its end"),
        (lambda photo, jpeg: with_thumbnail(jpeg)[:2000], "without its end"),
        (lambda photo, jpeg: jpeg[:20] + bytes(3) + jpeg[20:], "rare kind"),
    ],
)
def test_what_is_left_to_the_cpu(photo, jpeg, make, why):
    assert why in admitted(make(photo, jpeg))


def test_a_thumbnail_is_no_harm(jpeg):
    assert isinstance(admitted(with_thumbnail(jpeg)), Job)


def test_padding_after_the_end_is_no_harm(jpeg):
    assert isinstance(admitted(jpeg + bytes(500)), Job)


def test_giants_stay_off_the_device(photo, jpeg):
    needed = admitted(jpeg).memory
    assert needed >= 3 * (300 * 200 + 72 * 48)
    assert isinstance(admitted(jpeg, memory=needed), Job)
    assert "too large for the device" in admitted(jpeg, memory=needed - 1)
    assert "refused size" in admitted(jpeg, max_pixels=300 * 200 - 1)
    wide = encoded(Image.new("RGB", (4000, 2)), "jpeg")
    assert "refused size" in admitted(wide, resize=40), "an edge beyond what a JPEG can have"


def test_the_file_is_not_copied(jpeg):
    assert np.shares_memory(admitted(jpeg).data, np.frombuffer(jpeg, np.uint8))
