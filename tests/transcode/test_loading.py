"""Which part of a picture is seen."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gpu_im2rec.transcode.geometry import enlarged
from gpu_im2rec.transcode.loading import TensorSpec

EDGES = st.integers(1, 3000)
SHARES = st.floats(0, 1, exclude_max=True)


@given(
    width=EDGES, height=EDGES, shape=st.tuples(EDGES, EDGES), resize=st.integers(0, 500), crop=st.tuples(SHARES, SHARES)
)
def test_the_crop_lies_inside_and_has_the_picture_s_proportions(width, height, shape, resize, crop):
    spec = TensorSpec(3, *shape, resize=resize)
    for where in (None, crop):
        box, size = spec.plan((width, height), where)
        assert size == (spec.width, spec.height)
        assert box.left >= 0
        assert box.top >= 0
        assert box.corners[2] <= width
        assert box.corners[3] <= height


@given(width=EDGES, height=EDGES, least=st.tuples(EDGES, EDGES))
def test_what_is_too_small_grows_just_enough(width, height, least):
    grown = enlarged((width, height), least)
    assert grown[0] >= least[0]
    assert grown[1] >= least[1]
    if width >= least[0] and height >= least[1]:
        assert grown == (width, height)
    else:
        assert grown[0] == least[0] or grown[1] == least[1]


@given(width=st.integers(8, 500), height=st.integers(8, 500), crop=st.tuples(SHARES, SHARES))
def test_without_a_resize_the_crop_is_whole_pixels(width, height, crop):
    box, _ = TensorSpec(3, 8, 8).plan((width, height), crop)
    assert all(edge == int(edge) for edge in box)
    assert box[2:] == (8, 8)


def test_every_place_is_reached_and_none_beyond():
    spec = TensorSpec(1, 8, 8)
    lefts = {int(spec.plan((11, 8), (share / 1000, 0)).crop.left) for share in range(1000)}
    assert lefts == {0, 1, 2, 3}
    assert spec.plan((11, 9), (0.999999, 0.999999)).crop[:2] == (3, 1)
    assert spec.plan((11, 9), None).crop[:2] == (1, 0)  # an odd remainder stays right and below


@pytest.mark.parametrize(
    ("size", "resize", "expected"),
    [
        ((500, 375), 256, (341, 256)),
        ((375, 500), 256, (256, 341)),
        ((100, 50), 0, (448, 224)),
        ((50, 100), 0, (224, 448)),
        ((300, 100), 0, (672, 224)),
        ((100, 80), 120, (280, 224)),
    ],
)
def test_the_size_before_the_crop_is_mxnet_s(size, resize, expected):
    box, _ = TensorSpec(3, 224, 224, resize=resize).plan(size, None)
    assert box.width == pytest.approx(224 * size[0] / expected[0])
    assert box.height == pytest.approx(224 * size[1] / expected[1])


@given(st.floats(1, 255), st.integers(1, 9))
def test_bytes_are_not_normalised(mean, scale):
    assume(scale != 1)
    with pytest.raises(Exception, match="uint8"):
        TensorSpec(3, 8, 8, mean=(mean, 0, 0, 0), dtype="uint8")
    with pytest.raises(Exception, match="int8"):
        TensorSpec(3, 8, 8, scale=scale, dtype="int8")
