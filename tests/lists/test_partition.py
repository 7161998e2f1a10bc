"""Parts of a list: nothing lost, nothing twice; by bytes exactly where im2rec's nsplit cuts."""

import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gpu_im2rec.errors import ListError
from gpu_im2rec.lists import (
    count_lines,
    files,
    part_by_bytes,
    part_by_lines,
    partition,
    parts_by_lines,
    read_lines,
    whole,
)

LISTS = st.lists(st.sampled_from([b"a", b"bc", b"", b"some longer line", b"x" * 40]), max_size=30).flatmap(
    lambda lines: st.sampled_from([b"\n", b"\r\n"]).flatmap(
        lambda end: st.sampled_from([b"", end]).map(lambda last: end.join(lines) + (last if lines else b""))
    )
)


@pytest.fixture(scope="module")
def list_path(tmp_path_factory):
    return tmp_path_factory.mktemp("parts") / "image.lst"


@pytest.fixture(params=[1 << 20, 7, 1], ids=["one block", "blocks of 7", "blocks of 1"])
def block(request, monkeypatch):
    for module in (files, partition):
        monkeypatch.setattr(module, "BLOCK", request.param)


def border(content, step, rank):
    """The rule, byte by byte: the first start of a line strictly behind rank * step."""
    if rank == 0:
        return 0
    if rank * step >= len(content):
        return len(content)
    starts = [
        at
        for at in range(1, len(content))
        if content[at - 1 : at] in (b"\n", b"\r") and content[at : at + 1] not in (b"\n", b"\r")
    ]
    return next((start for start in starts if start > rank * step), len(content))


@pytest.mark.usefixtures("block")
class TestBothRules:
    @given(content=LISTS, count=st.integers(1, 12))
    @example(content=b"a\n\n\n\nb", count=3)
    def test_parts_follow_each_other_and_are_the_whole_list(self, list_path, content, count):
        list_path.write_bytes(content)
        for cut in (part_by_lines, part_by_bytes):
            spans = [cut(list_path, number, count) for number in range(count)]
            assert spans[0].start == 0
            assert spans[-1].stop == len(content)
            for before, after in itertools.pairwise(spans):
                assert before.stop == after.start
                assert before.first_line + before.lines == after.first_line
            assert sum(span.lines for span in spans) == count_lines(list_path)

    @given(content=LISTS, count=st.integers(1, 12))
    def test_all_parts_at_once_are_the_same(self, list_path, content, count):
        list_path.write_bytes(content)
        assert parts_by_lines(list_path, count) == [part_by_lines(list_path, number, count) for number in range(count)]

    @given(content=LISTS, count=st.integers(1, 12))
    def test_by_lines_is_balanced(self, list_path, content, count):
        list_path.write_bytes(content)
        sizes = [part_by_lines(list_path, number, count).lines for number in range(count)]
        assert max(sizes) - min(sizes) <= 1

    @given(content=LISTS, count=st.integers(1, 12))
    @example(content=b"a\nb\nc\n", count=3)  # borders fall on the first bytes of lines: strictly behind is meant
    def test_by_bytes_is_the_rule(self, list_path, content, count):
        list_path.write_bytes(content)
        step = -(-len(content) // count)
        for number in range(count):
            span = part_by_bytes(list_path, number, count)
            assert (span.start, span.stop) == (border(content, step, number), border(content, step, number + 1))


def test_where_im2rec_itself_cuts(list_path):
    """im2rec's nsplit=3 packs lines 0-336, 337-668, 669-999 of this list (seen with the real tool)."""
    list_path.write_text("".join(f"{n}\t{n % 10}\timages/{n:04}.jpg\n" for n in range(1000)))
    parts = [[line.index for line in read_lines(list_path, span=part_by_bytes(list_path, n, 3))] for n in range(3)]
    assert [(part[0], part[-1]) for part in parts] == [(0, 336), (337, 668), (669, 999)]


@given(content=LISTS, count=st.integers(1, 6), rule=st.sampled_from([part_by_lines, part_by_bytes]))
def test_a_part_is_read_as_its_lines_of_the_list(list_path, content, count, rule):
    list_path.write_bytes(content)
    all_lines = list(read_lines(list_path))
    spans = [rule(list_path, number, count) for number in range(count)]
    assert [line for span in spans for line in read_lines(list_path, span=span)] == all_lines


def test_the_whole_is_one_part(list_path):
    list_path.write_bytes(b"0\t1\ta.jpg\n1\t1\tb.jpg")
    assert whole(list_path) == (0, 19, 1, 2)


def test_a_byte_order_mark_is_dropped_in_the_first_part(list_path):
    list_path.write_bytes(b"\xef\xbb\xbf0\t1\ta.jpg\n1\t1\tb.jpg\n")
    assert [line.index for line in read_lines(list_path, span=part_by_lines(list_path, 0, 2))] == [0]
    assert [line.line for line in read_lines(list_path, span=part_by_lines(list_path, 1, 2))] == [2]


@pytest.mark.parametrize("rule", [part_by_lines, part_by_bytes])
def test_a_list_that_cannot_be_read(tmp_path, rule):
    with pytest.raises(ListError, match=r"no\.lst"):
        rule(tmp_path / "no.lst", 0, 2)
