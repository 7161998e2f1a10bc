"""Bins and ticks, for any values."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec.showing.report import bins

floats = st.floats(-1e12, 1e12, allow_subnormal=False).filter(lambda value: value == 0 or abs(value) > 1e-12)


@given(st.lists(floats | st.integers(-1000, 100_000).map(float), min_size=1, max_size=200))
def test_every_value_is_in_a_bin_of_a_round_width(values):
    found = bins.linear(np.array(values))
    assert 1 <= len(found) <= 41
    assert sum(each.count for each in found) == len(values)
    widths = {round((each.high - each.low) / (found[0].high - found[0].low), 3) for each in found}
    assert widths == {1.0}
    slack = (found[0].high - found[0].low) * 1e-6
    for each in found:
        inside = [value for value in values if each.low - slack <= value < each.high + slack]
        assert len(inside) >= each.count
    assert found[0].count
    assert found[-1].count


@given(st.lists(st.integers(0, 1 << 40), min_size=1, max_size=200))
def test_octaves_hold_each_value_once(values):
    found = bins.by_halves_of_octaves(np.array(values))
    assert sum(each.count for each in found) == len(values)
    for each in found:
        inside = [value for value in values if each.low * (1 - 1e-12) <= value < each.high * (1 + 1e-12)]
        assert len(inside) >= each.count
    assert all(one.high == other.low for one, other in pairwise(found))


def test_what_people_would_draw():
    assert [(each.low, each.count) for each in bins.linear(np.array([0, 1, 1, 3]))] == [(0, 1), (1, 2), (2, 0), (3, 1)]
    assert bins.linear(np.array([7.0, 8.0]), np.array([5, 2])) == [bins.Bin(7, 8, 5), bins.Bin(8, 9, 2)]
    assert [(each.low, each.high) for each in bins.linear(np.array([0.5]))] == [(0, 1)]
    assert [each.low for each in bins.by_halves_of_octaves(np.array([0, 2, 4]))][:3] == [0, 1, pytest.approx(2**0.5)]
    assert bins.linear(np.array([])) == bins.by_halves_of_octaves(np.array([])) == []


@pytest.mark.parametrize(
    ("high", "expected"), [(0, [0]), (7, [0, 2, 4, 6]), (4, [0, 1, 2, 3, 4]), (0.3, [0, 0.1, 0.2, 0.3])]
)
def test_ticks(high, expected):
    assert bins.ticks(high) == pytest.approx(expected)


@given(st.floats(1e-9, 1e15))
def test_ticks_are_few_and_below(high):
    found = bins.ticks(high)
    assert 2 <= len(found) <= 6
    assert found[-1] <= high * (1 + 1e-6)
