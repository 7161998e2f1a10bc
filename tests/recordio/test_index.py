from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec.errors import RecordError
from gpu_im2rec.recordio import Index, read_index
from gpu_im2rec.recordio import index as index_module
from gpu_im2rec.recordio.index import index_line

numbers = st.one_of(st.integers(0, 99), st.integers(0, 10**19), st.integers(0, 2**64 - 1))
rows_of_numbers = st.lists(st.tuples(numbers, numbers), max_size=30)


def read(path: Path, text: bytes) -> list[tuple[int, int]]:
    path.write_bytes(text)
    found = read_index(path)
    assert found.keys.dtype == found.offsets.dtype == np.uint64
    assert len(found) == len(found.keys) == len(found.offsets)
    return list(zip(found.keys.tolist(), found.offsets.tolist(), strict=True))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.idx"


@given(rows_of_numbers)
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, int]]) -> None:
    path = tmp_path_factory.getbasetemp() / "round.idx"
    assert read(path, b"".join(index_line(*row) for row in rows)) == rows


def test_line_is_that_of_mxnet() -> None:
    assert index_line(7, 40) == b"7\t40\n"
    assert index_line(2**64 - 1, 2**40) == b"18446744073709551615\t1099511627776\n"


@pytest.mark.parametrize(
    "text",
    [
        b"3\t0\n1\t40\n",
        b"3\t0\n1\t40",
        b"3\t0\r\n1\t40\r\n",
        b"3\t0\r\n1\t40",
        b"3 0\n1   40\n",
        b" 3\t0 \n1 \t 40\t\r\n",
        b"3\t0\n1\t40\n\n \r\n\n",
        b"\n3\t0\n\n1\t40\n",
        b"03\t00\n1\t0000000000000000040\n",
    ],
)
def test_what_is_tolerated(path: Path, text: bytes) -> None:
    assert read(path, text) == [(3, 0), (1, 40)]


@pytest.mark.parametrize("text", [b"", b"\n", b"\r\n\n "])
def test_no_record(path: Path, text: bytes) -> None:
    assert read(path, text) == []


@pytest.mark.parametrize(
    "line",
    [
        b"1",
        b"1\t",
        b"\t1",
        b"1\t2\t3",
        b"1,2",
        b"-1\t2",
        b"+1\t2",
        b"1_0\t2",
        b"1.0\t2",
        b"a\t2",
        b"1\t2 # end",
        b"1\r2",
        b"1\t2\r\r",
        b"\xef\xbb\xbf1\t2",
        "\u0661\t2".encode(),
        b"18446744073709551616\t2",
        b"1\t18446744073709551616",
        b"1\t99999999999999999999",
        b"1\t100000000000000000000",
        b"1\t" + b"0" * 300,
    ],
)
def test_what_is_not(path: Path, line: bytes) -> None:
    for before, after in ((b"", b""), (b"0\t0\n\n", b"\n5\t40\n")):
        path.write_bytes(before + line + after)
        with pytest.raises(RecordError) as caught:
            read_index(path)
        message = str(caught.value)
        assert message.startswith(f"{path}, line {1 + before.count(10)}: expected KEY<TAB>OFFSET, found {line[:60]!r}")
        assert "gpu-im2rec index" in message


def test_a_record_file_taken_for_an_index_is_refused_early(path: Path) -> None:
    path.write_bytes(b"\xff" * 3_000_000)
    with pytest.raises(RecordError, match="line 1"):
        read_index(path)


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b" \n"])
@pytest.mark.parametrize("block_bytes", [1, 7, 64, 1000])
def test_blocks_end_with_whole_lines(
    path: Path, monkeypatch: pytest.MonkeyPatch, block_bytes: int, newline: bytes
) -> None:
    monkeypatch.setattr(index_module, "_BLOCK_BYTES", block_bytes)
    rows = [(number, number**5) for number in range(300)]
    text = b"".join(b"%d\t%d%b" % (*row, newline) for row in rows)
    assert read(path, text) == rows
    path.write_bytes(text + b"x\n")
    with pytest.raises(RecordError, match="line 301: "):
        read_index(path)


@given(rows_of_numbers.filter(bool))
def test_the_quick_way_agrees_with_the_plain_one(rows: list[tuple[int, int]]) -> None:
    block = b"".join(index_line(*row) for row in rows)
    quick = index_module._parse_plain(block)
    assert (quick is None) == any(number >= 10**19 for row in rows for number in row)
    if quick is not None:
        np.testing.assert_array_equal(quick, index_module._parse_any(block, 1, Path("x")))


def make(*keys: int) -> Index:
    return Index(np.array(keys, np.uint64), np.arange(len(keys), dtype=np.uint64))


@given(st.lists(st.integers(0, 9) | st.integers(2**64 - 4, 2**64 - 1), max_size=12), st.integers(0, 9))
def test_position_of_a_key(keys: list[int], other: int) -> None:
    last = {key: position for position, key in enumerate(keys)}
    index = make(*keys)
    assert {key: index.position(key) for key in keys} == last
    if other not in last:
        with pytest.raises(KeyError, match=str(other)):
            index.position(other)


def test_large_keys_are_not_rounded() -> None:
    index = make(2**63 + 1, 2**63)
    assert [index.position(2**63), index.position(2**63 + 1)] == [1, 0]


@pytest.mark.parametrize("key", [-1, 2**64, 4])
def test_keys_that_are_not_there(key: int) -> None:
    for index in (make(3, 5), make(5, 3), make()):
        with pytest.raises(KeyError):
            index.position(key)


def test_slices() -> None:
    part = make(5, 3, 4, 1)[1::2]
    assert part.keys.tolist() == [3, 1]
    assert part.offsets.tolist() == [1, 3]
    assert part.position(1) == 1
