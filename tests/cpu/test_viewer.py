"""Pictures into rows of a batch, against the same steps done plainly."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from cpu_fallback.loader import CpuLoader
from cpu_fallback.viewer import Viewer
from cpu_fallback.whole_picture import decode_rgb
from gpu_im2rec.transcode import Failure, Reason
from gpu_im2rec.transcode.loading import Sample, TensorSpec
from tests.conftest import encoded

MEAN, STD = (123.68, 116.78, 103.94, 7.5), (58.4, 57.1, 57.4, 3)


def viewed(spec: TensorSpec, sample: Sample) -> np.ndarray:
    """The row of one picture; the batch's memory is full of something else before."""
    batch = np.full(spec.batch_shape(1), 77, spec.dtype)
    assert Viewer(spec).view(sample, batch[0]) is None
    return batch[0]


def plainly(spec: TensorSpec, pixels: np.ndarray, sample: Sample) -> np.ndarray:
    """The row of a picture that is not resized, from its (H, W, C) pixels."""
    box, _ = spec.plan(pixels.shape[1::-1], sample.crop)
    left, top = int(box.left), int(box.top)
    seen = pixels[top : top + spec.height, left : left + spec.width]
    if sample.mirror:
        seen = seen[:, ::-1]
    if spec.dtype == "float32":
        mean, std = (np.array(values[: spec.channels], np.float32) for values in (spec.mean, spec.std))
        seen = (seen.astype(np.float32) - mean) * (np.float32(spec.scale) / std)
    elif spec.dtype == "int8":
        rounded = np.array([int(value + 0.5) for value in spec.mean[: spec.channels]])
        seen = np.clip(seen.astype(int) - rounded, -128, 127).astype(np.int8)
    return seen.transpose(2, 0, 1) if spec.layout == "NCHW" else seen


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shape=st.tuples(st.sampled_from([1, 3]), st.integers(1, 200), st.integers(1, 300)),
    crop=st.none() | st.tuples(st.floats(0, 1, exclude_max=True), st.floats(0, 1, exclude_max=True)),
    mirror=st.booleans(),
    layout=st.sampled_from(["NCHW", "NHWC"]),
    dtype=st.sampled_from(["float32", "uint8", "int8"]),
    kind=st.sampled_from(["jpeg", "png", "bmp"]),
)
def test_a_crop_is_the_picture_s_own_pixels(photo, shape, crop, mirror, layout, dtype, kind):
    normalisation = {"float32": {"mean": MEAN, "std": STD, "scale": 0.3}, "int8": {"mean": MEAN}, "uint8": {}}[dtype]
    spec = TensorSpec(*shape, layout=layout, dtype=dtype, **normalisation)
    image = photo.convert("L") if shape[0] == 1 else photo
    content = encoded(image, kind)
    pixels = np.asarray(Image.open(io.BytesIO(content)).convert(image.mode)).reshape(200, 300, -1)
    sample = Sample(content, crop, mirror)
    assert np.array_equal(viewed(spec, sample), plainly(spec, pixels, sample))


def test_four_channels(photo):
    image = photo.copy()
    image.putalpha(photo.convert("L"))
    for layout in ("NCHW", "NHWC"):
        spec = TensorSpec(4, 90, 100, layout=layout, mean=MEAN, std=STD)
        sample = Sample(encoded(image, "png"), (0.3, 0.7), True)
        assert np.array_equal(viewed(spec, sample), plainly(spec, np.asarray(image), sample))
    failure = Viewer(spec).view(Sample(encoded(photo, "png")), np.empty((90, 100, 4), np.float32))
    assert failure == Failure(Reason.UNSUPPORTED, "a picture without an alpha channel, where 4 channels are asked")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_stand_upright(photo, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(photo, "jpeg", quality=95, exif=exif)
    upright = decode_rgb(content)
    for layout in ("NCHW", "NHWC"):
        spec = TensorSpec(3, 150, 120, layout=layout, dtype="uint8")
        sample = Sample(content, (0.2, 0.9), False)
        assert np.array_equal(viewed(spec, sample), plainly(spec, upright, sample))


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("crop", [None, (0.0, 0.0), (0.99, 0.99), (0.31, 0.77)])
@pytest.mark.parametrize(("shape", "resize"), [((64, 64), 70), ((100, 64), 180), ((300, 420), 0), ((20, 30), 33)])
def test_a_crop_of_a_resized_picture_is_the_resized_picture_s_crop(photo, layout, crop, shape, resize):
    """Only what is seen is filtered, of a JPEG that may be decoded smaller; it must look as if all had been."""
    spec = TensorSpec(3, *shape, resize=resize, layout=layout, dtype="uint8")
    content = encoded(photo, "jpeg", quality=95)
    size = {70: (105, 70), 180: (270, 180), 0: (450, 300), 33: (49, 33)}[resize]
    resized = np.asarray(Image.open(io.BytesIO(content)).resize(size, Image.Resampling.BILINEAR))
    sample = Sample(content, crop, mirror=True)
    difference = viewed(spec, sample).astype(int) - plainly(spec, resized, sample)
    assert np.abs(difference).mean() < 0.7  # a shift by one pixel is 5 and more
    shifted = plainly(spec, np.roll(resized, 1, axis=1), sample)
    assert np.abs(viewed(spec, sample).astype(int) - shifted).mean() > 2


@pytest.mark.parametrize("content", [b"", b"no picture", b"\xff\xd8\xff\xe0 and no more"])
def test_a_bad_picture_is_a_failure_and_zeros(jpeg, content):
    spec = TensorSpec(3, 40, 50)
    samples = [Sample(jpeg), Sample(content), Sample(jpeg, (0, 0))]
    ((data, failures),) = CpuLoader(spec, 2).load([samples])
    assert list(failures) == [1]
    assert not data[1].any()
    assert np.array_equal(data[0], viewed(spec, samples[0]))
    assert np.array_equal(data[2], viewed(spec, samples[2]))


def test_batches_come_in_order_and_no_more_are_pulled_than_are_needed(jpeg):
    pulled = 0

    def endless():
        nonlocal pulled
        while True:
            pulled += 1
            yield [Sample(jpeg)] * pulled

    batches = CpuLoader(TensorSpec(1, 8, 8), 3).load(endless())
    for number in range(1, 30):
        assert len(next(batches).data) == number
        assert pulled <= number + 3
    batches.close()


def test_a_whole_picture_is_the_caller_s_own(jpeg, photo):
    for content in (jpeg, encoded(photo, "png"), encoded(photo.convert("L"), "png"), encoded(photo, "webp")):
        pixels = decode_rgb(content)
        assert pixels.shape == (200, 300, 3)
        assert pixels.flags.writeable
        assert pixels.flags.c_contiguous
        again = decode_rgb(content)
        pixels[:] = 0
        assert again.any()
    assert decode_rgb(b"nothing").reason is Reason.NOT_AN_IMAGE
