"""What is said of one picture's layout, and the layouts of a whole batch."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec.gpu.jpeg_frame import Shape
from gpu_im2rec.gpu.jpeg_layout import JPEG, View, decoded_size, decoder_memory, layouts, upright_sizes

edges = st.integers(1, 40) | st.integers(1, 65_500)
colour = st.builds(
    Shape, edges, edges, st.sampled_from([(1, 1), (2, 1), (2, 2), (1, 2)]), st.just(0) | st.integers(1, 65_535),
    st.sampled_from([(0, 0, 0), (0, 1, 1), (0, 1, 2), (0, 0, 2), (0, 1, 0)]),
)  # fmt: skip
grey = st.builds(Shape, edges, edges, st.just((1, 1)), st.just(0) | st.integers(1, 65_535), st.just((0,)))
views = st.builds(View, st.sampled_from([1, 2, 4, 8]), st.sampled_from([1, 3]), st.integers(1, 8))
batches = st.lists(st.tuples(colour | grey, views), min_size=1, max_size=8)


@given(batches)
def test_one_and_many_agree(batch):
    found = layouts(*zip(*batch, strict=True))
    assert found.blocks.tolist() == [shape.blocks for shape, _ in batch]
    assert found.jpegs["mcus"].tolist() == [shape.mcus for shape, _ in batch]
    assert found.jpegs["segments"].tolist() == [shape.segments for shape, _ in batch]
    assert upright_sizes(found.jpegs).tolist() == [[*decoded_size(shape, view)] for shape, view in batch]


@given(batches)
def test_memory_is_enough_and_not_much_more(batch):
    found = layouts(*zip(*batch, strict=True))
    blocks, samples, pixels = (each.tolist() for each in (found.blocks, found.samples, found.pixels))
    for (shape, view), *own in zip(batch, blocks, samples, pixels, strict=True):
        takes = own[0] * (2 * 64 + 4 + 4) + own[1] + own[2]  # coefficients, DCs and their sums; samples; pixels
        takes += shape.segments * (24 + 3 * 4 + 128 + 2 * 4 + 2 * 8 + 2 * 16)  # and a subsequence each
        assert takes <= decoder_memory(shape, view) <= 1.5 * takes + 16


@given(batches)
def test_planes_of_a_picture_lie_one_behind_the_other(batch):
    found = layouts(*zip(*batch, strict=True))
    for (shape, _), jpeg, samples in zip(batch, found.jpegs, found.samples.tolist(), strict=True):
        component = jpeg["component"][: len(shape.alike)]
        assert (component["pitch"] % 8 == 0).all()
        assert (component["width"] <= component["pitch"]).all()
        ends = [*component["samples"][1:].tolist(), samples]
        for begin, end, pitch, height in zip(
            component["samples"].tolist(), ends, component["pitch"].tolist(), component["height"].tolist(), strict=True
        ):
            assert (end - begin) % pitch == 0
            assert end - begin >= pitch * height


def test_a_layout_does_not_depend_on_its_neighbours():
    pairs = [(Shape(33 + n, 70 - n, (2, 2), n, (0, 1, 1)), View(1 << n % 4, 3, 1 + n % 8)) for n in range(20)]
    alone = np.concatenate([layouts([shape], [view]).jpegs for shape, view in pairs])
    assert alone.dtype == JPEG
    assert np.array_equal(layouts(*zip(*pairs, strict=True)).jpegs, alone)
