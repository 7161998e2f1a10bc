"""With --interp linear the pictures are im2rec's own, byte for byte: OpenCV does im2rec's steps here."""

import io
import itertools

import cv2
import numpy as np
import pytest
from PIL import Image

from cpu_fallback import interpolation
from cpu_fallback.transcoder import Transcoder
from gpu_im2rec.transcode import Encoded, Source, TranscodeSpec
from tests.conftest import encoded

FLAGS = {"nearest": 0, "linear": 1, "area": 3, "lanczos": 4}


def im2rec(content, *, color, resize, crop, flag=cv2.INTER_LINEAR, quality=95):
    """im2rec.py's image_encode, in its order."""
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), color)
    if crop:
        height, width = pixels.shape[:2]
        margin = abs(width - height) // 2
        pixels = pixels[margin : margin + width] if height > width else pixels[:, margin : margin + height]
    if resize:
        height, width = pixels.shape[:2]
        size = (resize, height * resize // width) if height > width else (width * resize // height, resize)
        pixels = cv2.resize(pixels, size, interpolation=flag)
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def sample_files(photo):
    exif = Image.Exif()
    grey, palette = photo.convert("L"), photo.convert("P")
    alpha = Image.fromarray(np.dstack([photo, np.asarray(grey) // 2 + 60]))
    deep = cv2.imencode(".png", np.asarray(photo).astype(np.uint16) * 251 + 7)[1].tobytes()
    deep_grey = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257 + np.arange(300, dtype=np.uint16))
    files = {
        "jpeg": encoded(photo, "jpeg", quality=92),
        "jpeg 4:4:4": encoded(photo, "jpeg", subsampling=0),
        "jpeg 4:2:2": encoded(photo, "jpeg", subsampling=1),
        "jpeg grey": encoded(grey, "jpeg"),
        "jpeg progressive": encoded(photo, "jpeg", progressive=True),
        "jpeg RGB": encoded(photo, "jpeg", keep_rgb=True),
        "jpeg CMYK": encoded(photo.convert("CMYK"), "jpeg"),
        "png": encoded(photo, "png"),
        "png grey": encoded(grey, "png"),
        "png 1 bit": encoded(photo.convert("1"), "png"),
        "png palette": encoded(palette, "png"),
        "png palette, one colour transparent": encoded(palette, "png", transparency=3),
        "png alpha": encoded(alpha, "png"),
        "png grey alpha": encoded(photo.convert("LA"), "png"),
        "png 16 bit": deep,
        "png 16 bit grey": encoded(deep_grey, "png"),
    }
    for orientation in range(1, 9):
        exif[0x0112] = orientation
        files[f"jpeg orientation {orientation}"] = encoded(photo, "jpeg", exif=exif)
    return files


# Where ours is better on purpose: OpenCV saturates 16 bit to white when it keeps them for a JPEG (colour -1).
KNOWN = {("png 16 bit", -1), ("png 16 bit grey", -1)}


@pytest.mark.parametrize("with_opencv", [True, False], ids=["OpenCV resizes", "NumPy resizes"])
def test_every_kind_of_jpeg_and_png(photo, monkeypatch, with_opencv):
    if not with_opencv:
        monkeypatch.setattr(interpolation, "opencv", lambda: None)
    compared = 0
    for name, content in sample_files(photo).items():
        for color, resize, crop in itertools.product((1, 0, -1), (0, 64, 128, 240), (False, True)):
            if (name, color) in KNOWN:
                continue
            spec = TranscodeSpec(resize=resize, center_crop=crop, interp="linear", color=color)
            ours = Transcoder(spec).transcode(Source(0, content))
            assert ours == Encoded(im2rec(content, color=color, resize=resize, crop=crop)), (name, color, resize, crop)
            compared += 1
    assert compared > 400


@pytest.mark.parametrize("quality", [1, 30, 75, 95, 96, 100])
def test_every_quality(photo_files, quality):
    for path in photo_files[:4]:
        content = path.read_bytes()
        ours = Transcoder(TranscodeSpec(resize=200, interp="linear", quality=quality)).transcode(Source(0, content))
        assert ours == Encoded(im2rec(content, color=1, resize=200, crop=False, quality=quality))


@pytest.mark.parametrize("interp", FLAGS)
def test_the_other_methods_on_photographs(photo_files, interp):
    for path in photo_files:
        content = path.read_bytes()
        ours = Transcoder(TranscodeSpec(resize=160, interp=interp)).transcode(Source(0, content))
        assert ours == Encoded(im2rec(content, color=1, resize=160, crop=False, flag=FLAGS[interp])), path.name


def test_auto_is_area_for_smaller_cubic_for_larger(photo, jpeg):
    def result(interp, resize):
        return Transcoder(TranscodeSpec(resize=resize, interp=interp)).transcode(Source(0, jpeg))

    assert result("auto", 64) == result("area", 64) != result("linear", 64)
    assert result("auto", 300) == result("cubic", 300) != result("linear", 300)


def test_random_is_drawn_per_picture_and_the_same_in_every_run(jpeg):
    def run(seed):
        transcoder = Transcoder(TranscodeSpec(resize=64, interp="random", seed=seed))
        return [transcoder.transcode(Source(key, jpeg)).data for key in range(30)]

    assert run(1) == run(1) != run(2)
    assert len(set(run(1))) == 5  # all five methods come up


def test_png_out_has_the_pixels_that_opencv_has(photo):
    content = encoded(photo, "png")
    ours = Transcoder(TranscodeSpec(resize=64, interp="linear", encoding="png")).transcode(Source(0, content))
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), 1)
    expected = cv2.resize(pixels, (96, 64))[..., ::-1]
    assert (np.asarray(Image.open(io.BytesIO(ours.data))) == expected).all()
