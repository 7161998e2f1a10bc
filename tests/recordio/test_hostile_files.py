"""Files made to fill the memory: what a reader takes stays in proportion to the file."""

import os
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec.errors import RecordError
from gpu_im2rec.recordio import RecordReader, framing, iter_records, read_index, rebuild_index, unframe
from gpu_im2rec.recordio.scan import FileBytes
from gpu_im2rec.recordio.spans import Spans

from .reference import MAGIC, frame_slowly


def head(cflag: int, length: int) -> bytes:
    return MAGIC + (cflag << 29 | length).to_bytes(4, "little")


def peak(work: Callable[[], object]) -> int:
    """Bytes that ``work`` holds at once, of Python's and NumPy's."""
    tracemalloc.start()
    work()
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return taken


@pytest.fixture
def empty_parts(tmp_path: Path) -> Path:
    """A record of nothing but heads."""
    path = tmp_path / "a.rec"
    path.write_bytes(head(1, 0) + head(2, 0) * 30_000 + head(3, 0))
    path.with_suffix(".idx").write_bytes(b"0\t0\n")
    return path


def test_a_part_costs_no_more_than_some_bytes(empty_parts: Path) -> None:
    size = empty_parts.stat().st_size
    found: list[bytes] = []
    for read in (
        lambda: found.append(bytes(next(iter_records(empty_parts)).payload)),
        lambda: found.append(bytes(RecordReader(empty_parts)[0].payload)),
    ):
        assert peak(read) < 5 * size
    assert found == [MAGIC * 30_001] * 2
    with pytest.raises(RecordError, match="labels do not fit"):
        rebuild_index(empty_parts, overwrite=True)


def test_many_parts_are_told_from_few_by_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    payload = b"".join(b"%04d" % number + MAGIC for number in range(20)) + b"end"
    record = frame_slowly(payload)
    expected = framing.locate(record, 0)
    monkeypatch.setattr(framing, "_MANY", 3)
    spans, end = framing.locate(record, 0)
    assert isinstance(spans, Spans)
    assert (list(spans), end) == (list(expected[0]), expected[1])
    assert bytes(unframe(record)[0]) == payload


@given(st.lists(st.builds(slice, st.integers(0, 2**63), st.integers(0, 2**63)), max_size=5), st.slices(5))
def test_spans_are_a_sequence_of_slices(slices: list[slice], some: slice) -> None:
    spans = Spans(slices)
    assert list(spans) == slices
    assert len(spans) == len(slices)
    assert [spans[position] for position in range(-len(slices), len(slices))] == slices * 2
    assert spans[some] == slices[some]
    with pytest.raises(IndexError):
        spans[len(slices)]


class Heads:
    """A file of heads alone; what lies between them is not there to be read."""

    def __init__(self, size: int, **heads: bytes) -> None:
        self._size = size
        self._heads = {int(offset.removeprefix("at")): head for offset, head in heads.items()}

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, span: slice) -> bytes:
        return self._heads[span.start]


@pytest.mark.parametrize(("last", "fits"), [(3, True), (4, False)])
def test_parts_together_are_no_more_than_a_record_holds(last: int, fits: bool) -> None:
    first = 2**29 - 8  # with the magic behind it, and 3 more, 2^29 - 1
    file = Heads(2**30, at0=head(1, first), **{f"at{first + 8}": head(3, last)})
    if fits:
        spans, _ = framing.locate(file, 0)
        assert sum(span.stop - span.start for span in spans) == 2**29 - 1 - len(MAGIC)
    else:
        with pytest.raises(RecordError, match="offset 0: a record holds at most 536870911 bytes, this one has more"):
            framing.locate(file, 0)


def test_an_index_of_blank_lines_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.idx"
    path.write_bytes(b"\n" * 3_000_000)
    assert peak(lambda: read_index(path)) < 16_000_000  # a block's lines; 16 bytes a line would be 48 million


@pytest.mark.parametrize("lead", [0, 990, 999, 1000])
@pytest.mark.parametrize("line", [b"1\t" + b" " * 400 + b"2", b"1\t2" + b" " * 400, b" " * 400, b"1" * 1_000_000])
def test_a_long_line_of_an_index_is_refused_wherever_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lead: int, line: bytes
) -> None:
    """Blanks that a border between blocks fell into used to make two records of one line."""
    monkeypatch.setattr("gpu_im2rec.recordio.index._BLOCK_BYTES", 1000)
    path = tmp_path / "a.idx"
    path.write_bytes(b" " * (lead % 250) + b"\n" + (b" " * 249 + b"\n") * (lead // 250) + line + b"\n5\t6\n")
    with pytest.raises(RecordError, match=rf"a\.idx, line {2 + lead // 250}: expected KEY<TAB>OFFSET") as caught:
        read_index(path)
    assert len(str(caught.value)) < 400


def test_file_bytes_slice_like_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"0123456789")
    with path.open("rb") as file:
        source = FileBytes(file)
        for start, stop in ((0, 4), (8, 16), (10, 18), (2**64, 2**64 + 8)):
            assert source[start:stop] == b"0123456789"[start:stop]
        with pytest.raises(RecordError, match=f"offset {2**64}: the file ends where the head"):
            unframe(source, 2**64)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_has_records_and_yet_cannot_be_walked_through(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.rec"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.open("wb").close())
    writer.start()
    with pytest.raises(RecordError, match=r"pipe\.rec: a pipe cannot be walked through"):
        list(iter_records(pipe))
    writer.join()
