"""Numbers as text, many at a time, against one by one."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec.errors import RecordError
from gpu_im2rec.recordio import checksums, read_checksums
from gpu_im2rec.recordio.digits import lines, values
from gpu_im2rec.recordio.index import index_line

NUMBERS = st.integers(0, 2**64 - 1) | st.builds(
    lambda power, less: 10**power - less, st.integers(0, 19), st.integers(0, 1)
)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), max_size=20))
def test_lines(rows: list[tuple[int, int]]) -> None:
    keys, offsets = (np.array([row[column] for row in rows], np.uint64) for column in (0, 1))
    assert lines(keys, offsets) == b"".join(index_line(*row) for row in rows)


@given(st.lists(st.integers(0, 10**19 - 1), max_size=20))
def test_values(numbers: list[int]) -> None:
    texts = [str(number).encode() for number in numbers]
    lengths = np.array([len(text) for text in texts], np.int64)
    ends = np.cumsum(lengths + 1) - 1
    assert values(b"".join(text + b";" for text in texts), ends, lengths).tolist() == numbers


@given(
    offsets=st.lists(NUMBERS, unique=True, max_size=30).map(sorted),
    odd=st.none() | st.tuples(st.integers(0, 29), st.sampled_from([b"x\n", b"1\t0\n", b"\r\n", b"0" * 70 + b"\n"])),
)
def test_checksums_by_the_block_are_those_line_by_line(tmp_path_factory, offsets, odd) -> None:
    path: Path = tmp_path_factory.mktemp("crc") / "a.crc"
    text = [b"%d\t%016x\n" % (offset, offset ^ 0xFEDCBA9876543210) for offset in offsets]
    if odd:
        text[odd[0] : odd[0]] = [odd[1]]
    path.write_bytes(b"".join(text))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checksums, "_BLOCK_BYTES", 100)
        found, expected = (outcome(read, path) for read in (by_block, by_line))
    assert found == expected


def by_block(path: Path) -> list[tuple[int, int]]:
    return [
        (offset, int(bytes(digits), 16))
        for some in checksums.iter_checksums(path)
        for offset, digits in zip(some.offsets.tolist(), some.sums, strict=True)
    ]


def by_line(path: Path) -> list[tuple[int, int]]:
    return list(read_checksums(path))


def outcome(read, path: Path) -> object:
    try:
        return read(path)
    except RecordError as error:
        return str(error)
