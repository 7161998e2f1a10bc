"""WebP through libwebp itself: Pillow's pixels, and nothing that Pillow would refuse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cpu_fallback import other_formats, webp_decode
from cpu_fallback.picture import BadPictureError
from gpu_im2rec.transcode import Reason
from tests.conftest import encoded

LIMIT = 1 << 22


def quickly(data, *, color=1, padded=False):
    return webp_decode.decode(data, color=color, max_pixels=LIMIT, padded=padded)


def by_pillow(data, color=1):
    return other_formats.decode(data, color=color, max_pixels=LIMIT).pixels


def see_through(photo):
    image = photo.copy()
    image.putalpha(photo.convert("L").point(lambda level: max(0, 2 * level - 200)))
    return image


@pytest.mark.parametrize("color", [0, 1])
@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("lossless", [False, True])
@pytest.mark.parametrize("made", [lambda photo: photo, see_through, lambda photo: photo.resize((31, 17))])
def test_the_pixels_are_pillow_s(photo, made, lossless, exact, color):
    data = encoded(made(photo), "webp", lossless=lossless, exact=exact)
    expected = by_pillow(data, color)
    picture = quickly(data, color=color)
    assert (picture.mode, picture.pixels.shape) == ("RGB" if color else "GRAY", expected.shape)
    assert (picture.pixels == expected).all()
    roomy = quickly(data, color=color, padded=True)
    assert roomy.mode == ("RGBX" if color else "GRAY")
    assert (roomy.pixels[..., : expected.shape[2]] == expected).all()


def test_what_moves_or_is_turned_or_may_have_alpha_is_left_to_pillow(photo):
    exif = Image.Exif()
    exif[0x112] = 6
    plain = encoded(photo, "webp")
    assert quickly(plain)
    assert not quickly(plain, color=-1)
    assert not quickly(encoded(photo, "webp", exif=exif))
    assert not quickly(encoded(photo, "webp", save_all=True, append_images=[photo.rotate(180)]))


@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"icc_profile": b"a profile"}])
def test_a_giant_is_refused_by_what_its_header_says(photo, options):
    data = encoded(photo, "webp", **options)
    sizes = {b"VP8 ": (26, b"\xff\x3f" * 2), b"VP8L": (21, b"\xff\xff\xff\x0f"), b"VP8X": (24, b"\xff" * 6)}
    at, size = sizes[data[12:16]]
    with pytest.raises(BadPictureError) as error:
        quickly(data[:at] + size + data[at + len(size) :])
    assert error.value.failure.reason is Reason.TOO_LARGE


@given(st.data())
def test_damage_is_never_a_picture_that_pillow_sees_otherwise(photo, data):
    whole = encoded(photo.resize((60, 40)), "webp", lossless=data.draw(st.booleans()))
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    damaged = bytes(damaged[: data.draw(st.sampled_from([len(damaged), len(damaged) - 1, len(damaged) // 2, 25]))])
    try:
        picture = quickly(damaged)
    except BadPictureError:
        return
    if picture:
        assert (picture.pixels == by_pillow(damaged)).all()
