"""Duplicate indices: found exactly, in bounded memory."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec.lists import DuplicateIndices

PAGE = 65_536  # indices
PAGES = 4_096


def test_an_index_is_reported_when_it_comes_again():
    seen = DuplicateIndices()
    assert [seen.add(index) for index in (5, 6, 5, 2**64 - 1, 5, 2**64 - 1, 0)] == [
        False,
        False,
        True,
        False,
        True,
        True,
        False,
    ]
    assert (seen.count, seen.examples, seen.unchecked) == (3, [5, 2**64 - 1], 0)


def test_the_first_five_different_indices_are_examples():
    seen = DuplicateIndices()
    for index in [*range(10), *range(9, -1, -1), *range(10)]:
        seen.add(index)
    assert (seen.count, seen.examples) == (20, [9, 8, 7, 6, 5])


@given(st.lists(st.integers(0, 40) | st.integers(PAGE - 20, PAGE + 20) | st.integers(0, 2**64 - 1)))
def test_it_agrees_with_a_set(indices):
    seen, reference = DuplicateIndices(), set()
    for index in indices:
        assert seen.add(index) == (index in reference)
        reference.add(index)
    assert seen.count == len(indices) - len(reference)
    assert seen.unchecked == 0


def test_neighbours_across_a_page_are_told_apart():
    seen, indices = DuplicateIndices(), list(range(PAGE - 100, PAGE + 100))
    random.Random(0).shuffle(indices)
    assert not any(seen.add(index) for index in indices)
    assert all(seen.add(index) for index in indices)


def test_what_would_need_more_memory_is_counted_as_unchecked():
    seen = DuplicateIndices()
    assert not any(seen.add(page * PAGE) for page in range(PAGES))
    assert seen.unchecked == 0
    assert [seen.add(PAGES * PAGE), seen.add(PAGES * PAGE), seen.add(2**64 - 1)] == [False] * 3
    assert (seen.unchecked, seen.count, seen.examples) == (3, 0, [])
    assert [seen.add(PAGES * PAGE - 1), seen.add(7 * PAGE)] == [False, True]  # pages at hand go on being checked
    assert (seen.unchecked, seen.count, seen.examples) == (3, 1, [7 * PAGE])


INDICES = st.integers(0, 40) | st.integers(65_530, 65_540) | st.sampled_from([2**64 - 1, 2**63])


@given(st.lists(st.lists(INDICES, max_size=20), max_size=4), st.integers(1, 3))
def test_many_at_a_time_are_counted_as_one_by_one(blocks: list[list[int]], pages: int) -> None:
    one_by_one, many = DuplicateIndices(), DuplicateIndices()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gpu_im2rec.lists.duplicates._MAX_PAGES", pages)
        for block in blocks:
            for index in sorted(block):
                one_by_one.add(index)
            many.add_many(np.array(block, np.uint64))
    assert (many.count, many.unchecked) == (one_by_one.count, one_by_one.unchecked)
    assert len(many.examples) == len(set(many.examples)) == len(one_by_one.examples)
