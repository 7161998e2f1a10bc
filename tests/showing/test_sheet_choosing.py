"""Which records a sheet shows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec.errors import UsageError
from gpu_im2rec.showing.sheet.choosing import MOST_CLASSES, Choice, at_random, by_itself, of_each_class

labels = st.lists(
    st.sampled_from([0.0, -0.0, 1.0, 2.0, 3.0, -1.0, 0.5, np.inf, np.nan]) | st.floats(width=32), min_size=1
).map(lambda values: np.array(values, np.float32))
numbers = st.integers(1, 100)
seeds = st.integers(0, (1 << 63) - 1)


@given(st.integers(1, 500), numbers, seeds)
def test_at_random(records, number, seed):
    chosen = at_random(records, number, seed)
    assert len(chosen) == min(number, records)
    assert (np.diff(chosen) > 0).all()
    assert chosen[0] >= 0 and chosen[-1] < records
    np.testing.assert_array_equal(chosen, at_random(records, number, seed))


def test_a_seed_chooses_the_same_for_ever_and_another_seed_others():
    assert at_random(1000, 5, 0).tolist() == [11, 269, 850, 855, 921]
    assert at_random(1000, 5, 1).tolist() != at_random(1000, 5, 0).tolist()


def test_chance_favours_no_place():
    counts = np.zeros(20)
    for seed in range(500):
        counts[at_random(20, 4, seed)] += 1
    assert counts.min() > 60 and counts.max() < 140, "100 each are to be expected"


@given(labels, numbers, seeds, st.data())
def test_each_class(values, number, seed, data):
    fits = np.array(data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values))))
    chosen, classes = of_each_class(values, fits, number, seed)
    again, _ = of_each_class(values, fits, number, seed)
    assert [each.numbers.tolist() for each in chosen] == [each.numbers.tolist() for each in again]
    real = {repr(float(value) + 0.0) for value in values[fits]}
    assert classes == len(real)
    shown = [number for each in chosen for number in each.numbers.tolist()]
    assert len(shown) == len(set(shown))
    for label, records, members in chosen:
        if label is None:
            assert not fits[members].any() and records == (~fits).sum()
        else:
            assert fits[members].all()
            np.testing.assert_array_equal(values[members], np.full(len(members), label, np.float32))
            assert records == (np.isnan(values[fits]) if np.isnan(label) else values[fits] == label).sum()
        assert len(members) == min(number, records)
        assert (np.diff(members) > 0).all()
    assert len([each for each in chosen if each.label is not None]) == min(classes, MOST_CLASSES, 1000 // number)


def test_of_few_classes_all_are_shown_in_the_order_of_their_labels():
    values = np.array([3, 1, 2, 1, 3, 3], np.float32)
    chosen, classes = of_each_class(values, np.ones(6, bool), 2, 0)
    assert (classes, [each.label for each in chosen], [each.records for each in chosen]) == (3, [1, 2, 3], [2, 1, 3])


def test_of_many_classes_the_largest_and_the_smallest_and_some_between():
    values = np.repeat(np.arange(300, dtype=np.float32), np.arange(300) + 1)
    chosen, classes = of_each_class(values, np.ones(len(values), bool), 8, 0)
    counts = [each.records for each in chosen]
    assert classes == 300
    assert counts[:16] == list(range(300, 284, -1))
    assert counts[-16:] == list(range(16, 0, -1))
    assert len(set(counts[16:32])) == 16 and max(counts[16:32]) < 285 and min(counts[16:32]) > 16
    assert counts == sorted(counts, reverse=True)


@pytest.mark.parametrize(
    ("values", "choice"),
    [
        ([0, 1, 1, 0], Choice("per class", 8)),
        (range(40), Choice("per class", 8)),
        (range(41), Choice("random", 100)),
        ([0, 0, 0], Choice("random", 100)),  # one class is none
        ([0, 0.5], Choice("random", 100)),
        ([-1, 1], Choice("random", 100)),
        ([0, 1, np.nan], Choice("random", 100)),
        ([0, 1, np.inf], Choice("random", 100)),
        ([], Choice("random", 100)),
        ([0] * 70_000 + [1], Choice("per class", 8)),
    ],
)
def test_where_nothing_is_asked_for(values, choice):
    assert by_itself(np.array(list(values), np.float32)) == choice


@pytest.mark.parametrize(("kind", "number"), [("per class", 0), ("per class", 101), ("random", 1001), ("worst", -1)])
def test_a_sheet_has_room_for_so_many(kind, number):
    with pytest.raises(UsageError, match="room for 1 … 1"):
        Choice(kind, number)
