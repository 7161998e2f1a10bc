"""Chunks and ratios against im2rec.py's arithmetic, written down again here from its description."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gpu_im2rec.errors import UsageError
from gpu_im2rec.lists.splitting import check_filled, check_options, split


def upstream(images, chunks, train_ratio, test_ratio):
    """Positions by suffix, as im2rec.py 1.9.1 distributes them."""
    files = {}
    chunk_size = (images + chunks - 1) // chunks
    for number in range(chunks):
        chunk = list(range(images))[number * chunk_size : (number + 1) * chunk_size]
        suffix = f"_{number}" if chunks > 1 else ""
        train, test = int(chunk_size * train_ratio), int(chunk_size * test_ratio)
        if train_ratio == 1.0:
            files[suffix] = chunk
            continue
        if test_ratio:
            files[suffix + "_test"] = chunk[:test]
        if train_ratio + test_ratio < 1.0:
            files[suffix + "_val"] = chunk[test + train :]
        files[suffix + "_train"] = chunk[test : test + train]
    return files


def ours(*arguments):
    return {part.suffix: list(range(part.start, part.stop)) for part in split(*arguments)}


ratios = st.tuples(st.floats(0, 1), st.floats(0, 1)) | st.integers(0, 100).map(lambda n: (n / 100, (100 - n) / 100))


@given(st.integers(1, 200), st.integers(1, 12), ratios)
def test_slices_are_upstreams_but_for_what_it_loses(images, chunks, ratios):
    assume(sum(ratios) <= 1)
    theirs = upstream(images, chunks, *ratios)
    mine = ours(images, chunks, *ratios)
    if math.isclose(sum(ratios), 1):
        theirs = {suffix: rows for suffix, rows in theirs.items() if "val" not in suffix}
        for suffix, rows in theirs.items():
            assert mine[suffix][: len(rows)] == rows
        assert mine.keys() == theirs.keys()
    else:
        assert mine == theirs
    assert sorted(position for rows in mine.values() for position in rows) == list(range(images))


def test_what_upstream_loses_goes_into_train():
    theirs, mine = upstream(99, 1, 0.7, 0.3), ours(99, 1, 0.7, 0.3)
    assert {suffix: len(rows) for suffix, rows in theirs.items()} == {"_test": 29, "_train": 69}
    assert {suffix: len(rows) for suffix, rows in mine.items()} == {"_test": 29, "_train": 70}


def test_a_train_ratio_below_one_leaves_the_rest_to_val():
    assert ours(5, 1, 0.5, 0) == {"_train": [0, 1], "_val": [2, 3, 4]}
    assert ours(200, 1, 0.995, 0) == {"_train": list(range(199)), "_val": [199]}


def test_a_test_ratio_of_one_leaves_nothing_to_train():
    assert ours(5, 1, 0, 1) == {"_test": [0, 1, 2, 3, 4], "_train": []}


@pytest.mark.parametrize(("train", "test"), [(0.7, 0.3), (0.1 + 0.2, 0.7), (1 - 1e-12, 0), (0.9, 0.1 + 1e-12)])
def test_sums_that_miss_one_by_rounding_count_as_one(train, test):
    check_options(1, train, test)
    assert "_val" not in ours(10, 1, train, test)


@pytest.mark.parametrize(("train", "test"), [(0, 0), (1, 0), (0, 1), (0.5, 0.5), (0.3, 0.1)])
def test_ratios_within_range(train, test):
    check_options(1, train, test)


@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        (1.1, 0, "--train-ratio must be 0 … 1, not 1.1"),
        (-0.1, 0, "--train-ratio must be 0 … 1, not -0.1"),
        (0.5, 1.5, "--test-ratio must be 0 … 1, not 1.5"),
        (0.5, -1, "--test-ratio must be 0 … 1, not -1"),
        (math.nan, 0, "--train-ratio must be 0 … 1, not nan"),
        (0.7, 0.4, "--train-ratio 0.7 and --test-ratio 0.4 add up to more than 1"),
        (1, 0.001, "add up to more than 1"),
    ],
)
def test_ratios_out_of_range(train, test, message):
    with pytest.raises(UsageError, match=message):
        check_options(1, train, test)


@pytest.mark.parametrize("chunks", [0, -1])
def test_there_is_at_least_one_chunk(chunks):
    with pytest.raises(UsageError, match="--chunks must be at least 1"):
        check_options(chunks, 1, 0)


@given(st.integers(1, 60), st.integers(1, 70))
def test_chunks_are_refused_if_and_only_if_upstream_leaves_one_empty(images, chunks):
    if all(upstream(images, chunks, 1.0, 0).values()):
        check_filled(chunks, images)
        return
    with pytest.raises(UsageError, match=f"--chunks {chunks} would leave lists empty") as caught:
        check_filled(chunks, images)
    advice = int(str(caught.value).rpartition(" ")[2])
    check_filled(advice, images)
