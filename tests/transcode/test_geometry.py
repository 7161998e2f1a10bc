import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec.errors import UsageError
from gpu_im2rec.transcode import TranscodeSpec
from gpu_im2rec.transcode.geometry import Box, Plan, decode_divisor, divided, plan, resized_shorter_edge, upright

edges = st.integers(1, 70_000)
sizes = st.tuples(edges, edges)


@pytest.mark.parametrize(
    ("size", "edge", "expected"),
    [
        ((500, 375), 256, (341, 256)),  # 341.33 is rounded down
        ((375, 500), 256, (256, 341)),
        ((300, 300), 256, (256, 256)),
        ((100, 80), 256, (320, 256)),
        ((1, 2000), 256, (256, 512_000)),
    ],
)
def test_the_longer_edge_is_rounded_down_as_im2rec_does(size, edge, expected):
    assert resized_shorter_edge(size, edge) == expected


@given(sizes, st.integers(1, 5000))
def test_the_shorter_edge_comes_out_as_asked(size, edge):
    out = resized_shorter_edge(size, edge)
    assert min(out) == edge
    assert (out[0] >= out[1]) == (size[0] >= size[1]) or out[0] == out[1]


@given(sizes)
def test_a_centre_crop_is_a_centred_square(size):
    crop, out = plan(size, TranscodeSpec(center_crop=True))
    assert crop.width == crop.height == min(size)
    right, bottom = size[0] - crop.left - crop.width, size[1] - crop.top - crop.height
    assert 0 <= right - crop.left <= 1
    assert 0 <= bottom - crop.top <= 1
    assert out == (crop.width, crop.height)


def test_the_crop_comes_before_the_resize():
    assert plan((500, 375), TranscodeSpec(resize=256, center_crop=True)) == Plan(Box(62, 0, 375, 375), (256, 256))


def test_small_pictures_grow_unless_told_not_to():
    assert plan((100, 80), TranscodeSpec(resize=256)).size == (320, 256)
    assert plan((100, 80), TranscodeSpec(resize=256, upscale=False)).size == (100, 80)
    assert plan((500, 300), TranscodeSpec(resize=256, upscale=False)).size == (426, 256)


@given(sizes, st.integers(1, 8))
def test_orientations_above_four_swap_the_edges(size, orientation):
    assert upright(size, orientation) == (size[::-1] if orientation >= 5 else size)


@given(sizes, st.integers(1, 1000), st.booleans())
def test_a_scaled_decode_keeps_its_margin_and_is_the_smallest_that_does(size, edge, crop):
    todo = plan(size, TranscodeSpec(resize=edge, center_crop=crop))
    divisor = decode_divisor(todo)
    shrink = min(todo.crop.width / todo.size[0], todo.crop.height / todo.size[1])
    assert divisor == 1 or shrink / divisor >= 2
    assert divisor == 8 or shrink / (2 * divisor) < 2


@given(sizes, st.sampled_from([1, 2, 4, 8]), st.booleans())
def test_a_divided_crop_lies_within_the_smaller_picture(size, divisor, crop):
    box = divided(plan(size, TranscodeSpec(center_crop=crop)).crop, divisor)
    assert box.left + box.width <= -(-size[0] // divisor)
    assert box.top + box.height <= -(-size[1] // divisor)


@pytest.mark.parametrize(
    "wrong",
    [
        {"resize": -1},
        {"resize": 65_501},
        {"interp": "bicubic"},
        {"color": 2},
        {"encoding": "webp"},
        {"quality": 0},
        {"quality": 101},
        {"png_level": 10},
        {"max_pixels": 0},
    ],
)
def test_a_value_outside_its_range_is_refused_by_name(wrong):
    with pytest.raises(UsageError, match=next(iter(wrong))):
        TranscodeSpec(**wrong)
