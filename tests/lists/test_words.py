"""Lines as the C++ im2rec reads them: the rules are those of `istream >> uint64 >> float` and `getline`."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec.errors import ListError
from gpu_im2rec.lists import Entry, read_lines, read_list

BLANKS = st.text(" \t\v\f", min_size=1, max_size=3)


@pytest.fixture(scope="module")
def list_path(tmp_path_factory):
    return tmp_path_factory.mktemp("words") / "image.lst"


@pytest.fixture
def read(list_path):
    def entries(content, label_width=None):
        list_path.write_bytes(content.encode())
        return [(e.index, e.labels, e.path) for e in read_list(list_path, label_width=label_width, dialect="c++")]

    return entries


@pytest.mark.parametrize(
    ("line", "entry"),
    [
        ("7\t1.000000\ta.jpg", (7, (1.0,), "a.jpg")),
        ("7 1 a.jpg", (7, (1.0,), "a.jpg")),
        ("  7 \t 1e3\t\t a b.jpg \t", (7, (1000.0,), "a b.jpg")),
        ("+7 -2.5 a.jpg", (7, (-2.5,), "a.jpg")),
        ("-1 0 a.jpg", (2**64 - 1, (0.0,), "a.jpg")),
        ("18446744073709551615 0 a.jpg", (2**64 - 1, (0.0,), "a.jpg")),
        ("0 1 2 p.jpg", (0, (1.0,), "2 p.jpg")),  # one label was announced; a file may be called so
        ("0 1 é.jpgé", (0, (1.0,), "é.jpgé")),  # im2rec eats the last byte
    ],
)
def test_one_line(read, line, entry):
    for end in ("\n", "\r\n", ""):
        assert read(line + end) == [entry]


def test_a_label_that_the_tool_would_drop_the_line_for(read):
    (_, [label], _) = read("0 nan a.jpg")[0]
    assert math.isnan(label)


@pytest.mark.parametrize(
    ("line", "label_width", "words"),
    [
        ("x 1 a.jpg", 1, "not a decimal integer"),
        ("9.5\t2\tp.jpg", 1, "not a decimal integer"),
        ("18446744073709551616 1 a.jpg", 1, "too large"),
        ("1 a.jpg", 1, r"0 label\(s\) before the path, not 1. Correct the line, or say with label_width"),
        ("1 2", 1, r"0 label\(s\) before the path, not 1"),
        ("1 2 a.jpg", 2, r"1 label\(s\) before the path, not 2"),
        ("1 2 3", 2, r"1 label\(s\) before the path, not 2"),
        ("1 2 a.jpg b", 2, "label 2 of 2, 'a.jpg', is not a number"),
        ("1 1e99 a.jpg", 1, "too large for float32"),
        ("1\t2\t3\ta.jpg", 1, "another number, '3', behind 1 label"),
        ("1 2 a\0.jpg", 1, "NUL"),
    ],
)
def test_a_line_that_is_no_entry_says_why(read, line, label_width, words):
    with pytest.raises(ListError, match=words):
        read(line, label_width)


def test_a_lone_cr_ends_a_line_and_control_characters_end_a_path(read):
    assert read("1 2 a.jpg\r2 2 b.jpg\x01\x7f\0\n") == [(1, (2.0,), "a.jpg"), (2, (2.0,), "b.jpg")]


def test_blank_lines_are_passed_over_and_malformed_ones_keep_their_place(list_path):
    list_path.write_text("\n0 1 a.jpg\n \t \nno\n1 1 b.jpg\n")
    lines = list(read_lines(list_path, dialect="c++"))
    assert [line.line for line in lines] == [2, 4, 5]
    assert [isinstance(line, Entry) for line in lines] == [True, False, True]


@given(
    index=st.integers(0, 2**64 - 1),
    labels=st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=5),
    path=st.from_regex(r"[a-z][a-zé /]*\.jpg", fullmatch=True),
    blanks=st.lists(BLANKS, min_size=8, max_size=8),
)
def test_any_blanks_between_any_columns(list_path, index, labels, path, blanks):
    words = [str(index), *map(repr, labels), path]
    text = blanks[0] + "".join(word + blank for word, blank in zip(words, blanks[1:], strict=False))
    list_path.write_bytes(text.encode())
    [entry] = read_list(list_path, label_width=len(labels), dialect="c++")
    assert (entry.index, entry.labels, entry.path) == (index, tuple(labels), path)
