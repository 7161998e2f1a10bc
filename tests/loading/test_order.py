"""The order of records and the lots that are drawn: the same on every machine, for ever."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec.errors import RecordError, UsageError
from gpu_im2rec.loading.order import Order, batch_of, chances

SEEDS = st.none() | st.integers(0, (1 << 63) - 1)


@given(count=st.integers(1, 300), parts=st.integers(1, 12), seed=SEEDS, epoch=st.integers(0, 1 << 40))
def test_the_parts_hold_every_record_once(count, parts, seed, epoch):
    if count < parts:
        with pytest.raises(RecordError, match="take fewer"):
            Order(count, seed, 0, parts)
        return
    orders = [Order(count, seed, part, parts) for part in range(parts)]
    numbers = [order.numbers(epoch) for order in orders]
    assert sorted(np.concatenate(numbers).tolist()) == list(range(count))
    assert [len(order) for order in orders] == list(map(len, numbers))
    assert max(map(len, orders)) == orders[0].longest
    assert max(map(len, orders)) - min(map(len, orders)) <= 1


def test_without_a_seed_the_order_is_the_records_own():
    assert Order(7, None, 1, 2).numbers(5).tolist() == [3, 4, 5, 6]


def test_epochs_and_seeds_shuffle_differently_and_parts_change():
    def order(seed, epoch, part=0):
        return Order(1000, seed, part, 2).numbers(epoch).tolist()

    assert order(1, 0) == order(1, 0)
    assert order(1, 0) != order(1, 1) != order(2, 1)
    assert 200 < len(set(order(1, 0)) & set(order(1, 1))) < 300  # a part is another half each time


def test_a_shuffle_is_even():
    """Where record 0 stands, over many epochs: every place is as likely."""
    places = [int(np.flatnonzero(Order(8, 3).numbers(epoch) == 0)[0]) for epoch in range(4000)]
    assert np.abs(np.bincount(places) - 500).max() < 100  # 4.8 standard deviations


def test_the_order_is_what_it_was():
    """A machine with another NumPy must not have another order: parts would lose records."""
    assert Order(10, 7).numbers(3).tolist() == [2, 4, 7, 3, 5, 1, 8, 9, 0, 6]
    drawn = chances(7, 3, np.array([0, 5]), 2)
    assert drawn.tolist() == [
        [0.950968240295584, 0.21767790953567734],
        [0.5316511058391846, 0.6361789694628049],
    ]


@given(st.integers(1, 50), st.integers(0, 60), st.integers(1, 20))
def test_a_batch_is_filled_from_the_beginning(count, start, size):
    numbers, pad = batch_of(np.arange(count) * 3, start, size)
    real = list(range(start, min(start + size, count)))
    assert len(numbers) == size
    assert pad == size - len(real)
    assert numbers[: size - pad].tolist() == [3 * number for number in real]
    assert set(numbers.tolist()) <= {3 * number for number in range(count)}
    if start < count:
        assert numbers[size - pad :].tolist() == [3 * (number % count) for number in range(pad)]


@given(st.integers(0, (1 << 63) - 1), st.integers(0, 1000), st.lists(st.integers(0, 1 << 40), min_size=1, max_size=20))
def test_a_record_s_chances_do_not_depend_on_its_batch(seed, epoch, numbers):
    together = chances(seed, epoch, np.array(numbers), 3)
    assert ((together >= 0) & (together < 1)).all()
    alone = [chances(seed, epoch, np.array([number]), 3)[0] for number in numbers]
    assert np.array_equal(together, alone)


def test_chances_are_even_and_independent():
    drawn = chances(0, 0, np.arange(100_000), 3)
    assert np.abs(drawn.mean(axis=0) - 0.5).max() < 0.005
    assert np.abs(drawn.var(axis=0) - 1 / 12).max() < 0.002
    assert np.abs(np.corrcoef(drawn.T) - np.eye(3)).max() < 0.02
    following = chances(0, 1, np.arange(100_000), 3)
    assert abs(np.corrcoef(drawn[:, 0], following[:, 0])[0, 1]) < 0.02


@pytest.mark.parametrize(("part", "parts"), [(-1, 2), (2, 2), (0, 0), (0, -1)])
def test_a_part_that_cannot_be(part, parts):
    with pytest.raises(UsageError, match="parts count from 0"):
        Order(10, None, part, parts)


@pytest.mark.parametrize("seed", [-1, 1 << 63])
def test_a_seed_that_cannot_be(seed):
    with pytest.raises(UsageError, match="seed"):
        Order(10, seed)
