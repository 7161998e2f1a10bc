"""Sizes as people write them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec.errors import UsageError
from gpu_im2rec.units import parse_size


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("1", 1),
        ("1000000", 1_000_000),
        ("12B", 12),
        ("1kB", 1000),
        ("1KiB", 1024),
        ("500MB", 500_000_000),
        (" 500 mb ", 500_000_000),
        ("1GiB", 1 << 30),
        ("1.5GB", 1_500_000_000),
        ("0.25KiB", 256),
        ("2tib", 2 << 40),
        ("999999999999999999PiB", 999999999999999999 << 50),
    ],
)
def test_sizes(text: str, count: int) -> None:
    assert parse_size(text) == count


@pytest.mark.parametrize("text", ["", "GB", "-1GB", "1G", "1 000", "1e9", "0", "0.1B", "1  GB", "٣GB", "1GBs", "1."])
def test_no_sizes(text: str) -> None:
    with pytest.raises(UsageError, match="such as 1GiB"):
        parse_size(text)


@given(st.text(max_size=30))
def test_anything_is_a_size_or_refused(text: str) -> None:
    with suppress(UsageError):
        assert parse_size(text) >= 1
