"""Lists made to fill the memory, and lines that are odd on purpose."""

import tracemalloc

import pytest

from gpu_im2rec.errors import ListError
from gpu_im2rec.lists import Entry, parsing, part_by_bytes, part_by_lines, read_lines, read_list, reading


@pytest.fixture
def list_path(tmp_path):
    return tmp_path / "image.lst"


@pytest.mark.parametrize("dialect", ["python", "c++"])
@pytest.mark.parametrize("end", ["\n", ""])
def test_an_endless_line_ends_the_list(list_path, monkeypatch, dialect, end):
    monkeypatch.setattr(reading, "_LONGEST_LINE", 200_000)
    monkeypatch.setattr(reading, "_BLOCK", 1000)
    longest = "1\t1\t" + "x" * 199_996
    list_path.write_text(f"0\t1\ta.jpg\n{longest}\n{longest}x{end}")
    lines = read_lines(list_path, dialect=dialect)
    assert [next(lines).line, len(next(lines).path)] == [1, 199_996]
    with pytest.raises(ListError, match=r"image\.lst:3: more than 200,000 characters in a line"):
        next(lines)


def test_a_file_that_is_no_list_is_refused_before_it_is_read(list_path):
    size = 64_000_000
    with list_path.open("wb") as file:  # it takes no room on the disk
        file.truncate(size)
    tracemalloc.start()
    with pytest.raises(ListError, match=r"image\.lst:1: more than 4,194,304 characters"):
        list(read_list(list_path))
    assert tracemalloc.get_traced_memory()[1] < size / 3
    tracemalloc.stop()


@pytest.mark.parametrize("dialect", ["python", "c++"])
def test_an_endless_line_in_a_part_has_the_lists_number(list_path, monkeypatch, dialect):
    monkeypatch.setattr(reading, "_LONGEST_LINE", 100)
    list_path.write_bytes(b"0\t1\ta.jpg\r\n" * 20 + b"x" * 101)
    span = (part_by_lines if dialect == "python" else part_by_bytes)(list_path, 1, 2)
    with pytest.raises(ListError, match=r"image\.lst:21: more than 100 characters"):
        list(read_list(list_path, span=span, dialect=dialect))


def test_parts_of_a_list_with_lone_crs_have_its_numbers(list_path):
    list_path.write_bytes(b"0\t1\ta.jpg\r1\t1\tb.jpg\r\n2\t1\tc.jpg\n\r3\t1\td.jpg\r")
    parts = [read_lines(list_path, span=part_by_bytes(list_path, number, 4), dialect="c++") for number in range(4)]
    assert [line for part in parts for line in part] == list(read_lines(list_path, dialect="c++"))


def test_a_mark_at_the_start_of_a_part_is_no_byte_order_mark(list_path):
    list_path.write_bytes(b"0\t1\ta.jpg\n\xef\xbb\xbf1\t1\tb.jpg\n")
    parts = [read_lines(list_path, span=part_by_lines(list_path, number, 2)) for number in range(2)]
    assert [line for part in parts for line in part] == list(read_lines(list_path))


@pytest.mark.parametrize("separator", [" ", "\t"])
@pytest.mark.parametrize("width", [None, 200_000])
def test_very_many_labels(list_path, separator, width):
    """Between blanks this took minutes: the rest of the line was copied for each of them."""
    list_path.write_text(separator.join(["7", *["0.5"] * 200_000, "a.jpg"]))
    assert list(read_list(list_path, label_width=width)) == [Entry(7, (0.5,) * 200_000, "a.jpg", 1)]


def test_long_labels_are_not_remembered(list_path):
    list_path.write_text(f"0\t1{'0' * 30}.25\ta.jpg\n1\t1.{'0' * 1000}\ta.jpg\n")
    assert [entry.labels for entry in read_list(list_path)] == [(1e30,), (1.0,)]
    assert max(map(len, parsing._one_label)) <= 32


def test_a_long_number_is_no_long_message(list_path):
    list_path.write_text(f"0 1 {'0' * 10_000}\ta.jpg\n")
    with pytest.raises(ListError, match="another number, '0000") as caught:
        list(read_list(list_path, dialect="c++"))
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("blank", ["\x1d", "\x1f  ", "\u3000"])
def test_a_path_of_blanks_is_none_between_blanks_too(list_path, blank):
    for line in (f"7 1 {blank}\n", f"7\t1\t{blank}\n"):
        list_path.write_text(line)
        with pytest.raises(ListError, match=r"no path after the numbers|two columns"):
            list(read_list(list_path))
