"""Reading lists: what is understood, what is refused and with which words, and that memory stays flat."""

import dataclasses
import math
import os
import struct
import threading
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gpu_im2rec.errors import ListError, UsageError
from gpu_im2rec.lists import Entry, MalformedLine, count_lines, parsing, read_list


@pytest.fixture(scope="module")
def list_path(tmp_path_factory):
    return tmp_path_factory.mktemp("lists") / "image.lst"


@pytest.fixture
def read(list_path):
    """Entries of a list with the given content."""

    def entries(content, **options):
        list_path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return list(read_list(list_path, **options))

    return entries


@pytest.fixture
def refusal(read):
    """The message that a list with the given content is refused with."""

    def message(content, **options):
        with pytest.raises(ListError) as caught:
            read(content, **options)
        return str(caught.value)

    return message


# What an entry is


def test_an_entry_cannot_be_changed_and_has_no_dict():
    entry = Entry(index=3, labels=(1.0, 2.0), path="a.jpg", line=7)
    with pytest.raises(dataclasses.FrozenInstanceError):
        entry.index = 4
    assert not hasattr(entry, "__dict__")
    assert entry == Entry(3, (1.0, 2.0), "a.jpg", 7)
    assert dataclasses.astuple(entry) == (3, (1.0, 2.0), "a.jpg", 7)
    assert dataclasses.replace(entry, path="b.jpg") == Entry(3, (1.0, 2.0), "b.jpg", 7)


# Lines separated by TABs


def test_tab_lines_become_entries_with_their_line_numbers(read):
    assert read("0\t1.000000\ta/0.jpg\n18446744073709551615\t-2\t3e2\tb.jpg\n") == [
        Entry(0, (1.0,), "a/0.jpg", 1),
        Entry(2**64 - 1, (-2.0, 300.0), "b.jpg", 2),
    ]


def test_the_last_line_needs_no_newline(read):
    assert [entry.path for entry in read("0\t1\ta.jpg\n1\t1\tb.jpg")] == ["a.jpg", "b.jpg"]


def test_crlf_ends_lines(read):
    assert [entry.path for entry in read("0\t1\ta.jpg\r\n1\t1\tb.jpg\r\n")] == ["a.jpg", "b.jpg"]


def test_a_utf8_bom_is_dropped(read):
    assert read(b"\xef\xbb\xbf0\t1\ta.jpg\n") == [Entry(0, (1.0,), "a.jpg", 1)]


def test_a_bom_further_down_belongs_to_the_path(read):
    assert read("0\t1\t\ufeffa.jpg\n")[0].path == "\ufeffa.jpg"


def test_blank_lines_are_passed_over_and_counted(read):
    blank = "\n\r\n   \n\t\t\n \t \r\n"
    assert read(f"{blank}0\t1\ta.jpg\n{blank}") == [Entry(0, (1.0,), "a.jpg", 6)]


def test_an_empty_list_has_no_entries(read):
    assert read(b"") == []


@pytest.mark.parametrize("tail", ["\t", "\t\t\r", "\t ", "\t \t"])
def test_blank_columns_at_the_end_are_dropped_as_im2rec_py_does(read, tail):
    assert read(f"0\t1\t2\ta.jpg{tail}\n") == [Entry(0, (1.0, 2.0), "a.jpg", 1)]
    assert read(f"0\t1\ta.jpg{tail}\n") == [Entry(0, (1.0,), "a.jpg", 1)]


@pytest.mark.parametrize("path", [" a b.jpg", "a.jpg ", "a  b.jpg", "7", "nan", "C:\\a.jpg", "/abs/a.jpg", "図/é.jpg"])
def test_the_path_is_kept_as_written(read, path):
    assert read(f"0\t1\t{path}\n") == [Entry(0, (1.0,), path, 1)]


@pytest.mark.parametrize("odd", ["\x0b", "\x0c", "\x1c", "\x1e", "\x85", "\u2028", "\u2029", "\r"])
def test_only_line_feeds_end_lines(read, odd):
    assert read(f"0\t1\ta{odd}b.jpg\n1\t1\tc.jpg\n")[0].path == f"a{odd}b.jpg"


def test_undecodable_names_come_back_as_the_same_bytes(read):
    [entry] = read(b"0\t1\tcaf\xe9/\xff\xfe.jpg\n")
    assert entry.path.encode("utf-8", "surrogateescape") == b"caf\xe9/\xff\xfe.jpg"


def test_names_survive_wherever_a_read_block_ends(read):
    names = [f"{'é' * (number % 7)}{number}\udcff図.jpg" for number in range(20_000)]
    content = "".join(f"{number}\t1\t{name}\n" for number, name in enumerate(names))
    assert [entry.path for entry in read(content.encode("utf-8", "surrogateescape"))] == names


def test_blanks_around_index_and_labels_do_no_harm(read):
    assert read("\t 7 \t 1.5\t2 \ta.jpg\n") == [Entry(7, (1.5, 2.0), "a.jpg", 1)]


@pytest.mark.parametrize("index", ["0", "007", "18446744073709551615", "0" * 5000 + "12"])
def test_indices_within_64_bits(read, index):
    assert read(f"{index}\t1\ta.jpg\n")[0].index == int(index.lstrip("0") or "0")


@pytest.mark.parametrize("index", ["1_0", "1.0", "-1", "+1", "1e3", "x", "٣", "²", "# 1", "1 2"])
def test_an_index_that_is_no_decimal_integer(refusal, list_path, index):
    message = refusal(f"0\t1\ta.jpg\n{index}\t1\ta.jpg\n")
    assert message.startswith(f"{list_path}:2: index ")
    assert "not a decimal integer" in message
    assert "0 … 18446744073709551615" in message


@pytest.mark.parametrize("index", ["18446744073709551616", "9" * 21, "1" + "0" * 5000])
def test_an_index_beyond_64_bits(refusal, index):
    message = refusal(f"{index}\t1\ta.jpg\n")
    assert "too large" in message
    assert "0 … 18446744073709551615" in message
    assert len(message) < 300


@pytest.mark.parametrize(
    "label", ["inf", "-INF", "Infinity", "nan", "1e3", ".5", "-0", "3.4028235e38", "1e-400", "3.40282356e38"]
)
def test_labels_in_pythons_float_syntax(read, label):
    value = read(f"0\t{label}\ta.jpg\n")[0].labels[0]
    assert math.isnan(value) if label == "nan" else value == float(label)


@pytest.mark.parametrize("label", ["1_0", "x", "", "1,5", "٣", "0x1", "1 2"])
def test_a_label_that_is_no_number(refusal, label):
    message = refusal(f"0\t{label}\ta.jpg\n")
    assert f"label {label!r} is not a number" in message
    assert "TABs" in message


@pytest.mark.parametrize("label", ["1e39", "-1e39", "1e999", "-1e999", "3.4028236e38"])
@pytest.mark.parametrize("line", ["0\t{}\ta.jpg", "0\t1\t{}\ta.jpg", "0 {} a.jpg"])
def test_a_label_beyond_float32(refusal, line, label):
    assert f"label '{label}' is too large for float32" in refusal(line.format(label))


@given(st.floats(width=64))
@example(2.0**128 - 2.0**103)
@example(math.nextafter(2.0**128 - 2.0**103, 0))
def test_labels_are_those_that_fit_a_float32(list_path, value):
    list_path.write_text(f"0\t{value!r}\ta.jpg\n")
    try:
        struct.pack("<f", value)
    except OverflowError:
        with pytest.raises(ListError, match="float32"):
            list(read_list(list_path))
    else:
        [label] = next(read_list(list_path)).labels
        assert struct.pack("<d", label) == struct.pack("<d", value) or (math.isnan(label) and math.isnan(value))


def test_two_columns_are_not_enough(refusal, list_path):
    message = refusal("\n0\ta.jpg\n")
    assert message.startswith(f"{list_path}:2: two columns; im2rec lists have index, label(s), path")


def test_a_path_of_blanks_is_none(refusal):
    assert "two columns" in refusal("0\t1\t  \n")


def test_a_nul_character_is_refused(refusal):
    assert "NUL" in refusal("0\t1\ta\0.jpg\n")
    assert "UTF-8" in refusal("0\t1\ta.jpg\n".encode("utf-16-le"))


# --label-width


def test_label_width_of_tab_lines(read, refusal):
    assert read("0\t1\ta.jpg\n", label_width=1)[0].labels == (1.0,)
    assert read("0\t1\t2\ta.jpg\n", label_width=2)[0].labels == (1.0, 2.0)
    assert "1 label column, not 2. Correct the line or --label-width" in refusal("0\t1\ta.jpg\n", label_width=2)
    assert "2 label columns, not 1. Correct the line or --label-width" in refusal("0\t1\t2\ta.jpg\n", label_width=1)


@pytest.mark.parametrize("width", [0, -1])
def test_label_width_starts_at_one(list_path, width):
    with pytest.raises(UsageError, match="at least 1"):
        read_list(list_path, label_width=width)


# Lines separated by blanks


@pytest.mark.parametrize(
    ("line", "labels", "path"),
    [
        ("7 1 a.jpg", (1,), "a.jpg"),
        ("  7   1.5    a.jpg\r", (1.5,), "a.jpg"),
        ("7 1 my photo.jpg", (1,), "my photo.jpg"),
        ("7 1 my  photo.jpg ", (1,), "my  photo.jpg "),
        ("7 1 2 3 a.jpg", (1, 2, 3), "a.jpg"),
        ("7 1 2 a.jpg ", (1, 2), "a.jpg "),
        ("7 -inf 1_0", (-math.inf,), "1_0"),
        ("7 1 a\u2028b.jpg\t", (1,), "a\u2028b.jpg"),
        ("7 1 a.jpg\t ", (1,), "a.jpg"),
    ],
)
def test_blanks_for_tabs_where_they_leave_no_doubt(read, line, labels, path):
    assert read(f"{line}\n") == [Entry(7, labels, path, 1)]


@pytest.mark.parametrize(
    ("line", "width", "labels", "path"),
    [
        ("7 1 2 my photo.jpg", 1, (1,), "2 my photo.jpg"),
        ("7 1 2 my photo.jpg", 2, (1, 2), "my photo.jpg"),
        ("7 1 2", 1, (1,), "2"),
        ("7  1  2  3  a.jpg", 3, (1, 2, 3), "a.jpg"),
    ],
)
def test_label_width_settles_the_doubt(read, line, width, labels, path):
    assert read(f"{line}\n", label_width=width) == [Entry(7, labels, path, 1)]


@pytest.mark.parametrize("line", ["7 1 2 my photo.jpg", "7 1 2", "7 1", "7 1 "])
def test_ambiguous_blanks_are_refused_with_both_ways_out(refusal, line):
    message = refusal(f"{line}\n")
    assert "TABs" in message
    assert "--label-width" in message


@pytest.mark.parametrize(
    ("line", "width", "cause"),
    [
        ("# a comment", None, "index '#' is not a decimal integer"),
        ("1.0 2 a.jpg", None, "index '1.0' is not a decimal integer"),
        ("7 a.jpg", None, "no label after the index"),
        ("7", None, "no label after the index"),
        ("7 1 a.jpg", 2, "1 label(s) before the path, not 2"),
        ("7 1 2", 2, "no path after the numbers"),
    ],
)
def test_what_blanks_cannot_mean(refusal, line, width, cause):
    assert cause in refusal(f"{line}\n", label_width=width)


# The error policy


def test_malformed_lines_are_handed_over_and_reading_goes_on(read):
    malformed = []
    entries = read("0\t1\ta.jpg\nbad\tline\r\n\n2\t1\tb.jpg\n", on_malformed=malformed.append)
    assert [(entry.index, entry.line) for entry in entries] == [(0, 1), (2, 4)]
    [line] = malformed
    assert isinstance(line, MalformedLine)
    assert (line.line, line.text) == (2, repr("bad\tline"))
    assert line.message.startswith("two columns; ")


def test_the_excerpt_is_short_and_printable(read):
    malformed = []
    read(b"\xff\x1b[2J" + b"x" * 10_000 + b"\n", on_malformed=malformed.append)
    [line] = malformed
    assert len(line.text) < 100
    assert line.text.isprintable()
    assert len(line.message) < 300
    assert line.message.isprintable()


def test_an_error_in_on_malformed_is_not_taken_for_one_of_the_list(read):
    def fail(line):
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        read("bad\n", on_malformed=fail)


# The file


def test_the_file_is_opened_at_the_first_next(list_path, tmp_path):
    entries = read_list(tmp_path / "later.lst")
    (tmp_path / "later.lst").write_text("0\t1\ta.jpg\n")
    assert next(entries).path == "a.jpg"


def test_paths_may_be_strings(list_path):
    list_path.write_text("0\t1\ta.jpg\n")
    assert [entry.path for entry in read_list(str(list_path))] == ["a.jpg"]
    assert count_lines(str(list_path)) == 1


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_other_unicode_encodings_are_refused_by_their_bom(refusal, list_path, encoding):
    message = refusal("\ufeff0\t1\ta.jpg\n".encode(encoding))
    assert message.startswith(f"{list_path}: the list is in UTF-")
    assert encoding[:6].upper() in message
    assert message.endswith("Save it as UTF-8")


@pytest.mark.parametrize("use", [lambda path: list(read_list(path)), count_lines])
def test_a_list_that_is_not_there_or_no_file(tmp_path, use):
    for path in (tmp_path / "none.lst", tmp_path):
        with pytest.raises(ListError) as caught:
            use(path)
        assert str(caught.value).startswith(f"{path}: the list cannot be read: ")
        assert "gpu-im2rec list" in str(caught.value)
        assert isinstance(caught.value.__cause__, OSError)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_read_like_a_file(tmp_path):
    pipe = tmp_path / "pipe.lst"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"\xef\xbb\xbf0\t1\ta.jpg\n",))
    writer.start()
    assert [entry.path for entry in read_list(pipe)] == ["a.jpg"]
    writer.join()


def test_memory_does_not_grow_with_the_list(list_path):
    peaks = []
    for lines in (30_000, 120_000):
        list_path.write_bytes(b"".join(b"%d\t%d\tfolder/%d.jpg\n" % (n, n % 100, n) for n in range(lines)))
        tracemalloc.start()
        assert sum(1 for _ in read_list(list_path)) == lines
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 100_000  # bytes; the longer list has two million more


def test_no_more_than_a_share_of_the_labels_is_remembered(read):
    labels = [number / 8 for number in range(40_000)]
    entries = read("".join(f"0\t{label}\ta.jpg\n" for label in labels))
    assert [entry.labels[0] for entry in entries] == labels
    assert len(parsing._one_label) <= 1 << 15


# count_lines


@pytest.mark.parametrize(
    ("content", "lines"), [("", 0), ("a", 1), ("a\n", 1), ("a\nb", 2), ("\n\n", 2), ("a\r\nb\x85", 2)]
)
def test_count_lines(list_path, content, lines):
    list_path.write_bytes(content.encode())
    assert count_lines(list_path) == lines


def test_count_lines_over_many_blocks(list_path):
    list_path.write_bytes(b"0\t1\ta.jpg\n" * 300_000 + b"1\t1\tb.jpg")
    assert count_lines(list_path) == 300_001


# Properties

labels = st.lists(st.floats(width=32), min_size=1, max_size=5).map(tuple)
paths = st.text(st.characters(exclude_characters="\t\r\n\0", exclude_categories=["Cs"]), min_size=1).filter(
    lambda path: not path.isspace()
)


def as_float32(values):
    """Comparable even where there is a nan."""
    return [repr(value) for value in struct.unpack(f"{len(values)}f", struct.pack(f"{len(values)}f", *values))]


# All three give a float32 value back when rounded to one: nine digits are enough.
ways_to_write = st.sampled_from([str, lambda value: f"{value:.9e}", lambda value: f" {value!r} "])


@given(
    st.lists(st.tuples(st.integers(0, 2**64 - 1), labels, paths)),
    ways_to_write,
    st.sampled_from(["\n", "\r\n", "\t\n"]),
)
def test_what_is_written_is_read(list_path, rows, write, end):
    lines = ("\t".join([str(index), *map(write, numbers), path]) + end for index, numbers, path in rows)
    list_path.write_bytes("".join(lines).encode())
    entries = list(read_list(list_path))
    assert [(entry.index, entry.path, entry.line) for entry in entries] == [
        (index, path, line) for line, (index, _, path) in enumerate(rows, 1)
    ]
    for entry, (_, numbers, _) in zip(entries, rows, strict=True):
        assert as_float32(entry.labels) == as_float32(numbers)


words = st.text(st.characters(exclude_characters="\t\r\n\0 ", exclude_categories=["Cs"]), min_size=1).filter(
    lambda word: not word.isspace()
)


@given(st.integers(0, 2**64 - 1), labels, st.lists(words, min_size=1).map(" ".join), st.integers(1, 3))
def test_blanks_with_a_label_width_read_like_tabs(list_path, index, numbers, path, blanks):
    columns = [str(index), *map(str, numbers), path]
    list_path.write_bytes((" " * blanks).join(columns).encode())
    by_blanks = list(read_list(list_path, label_width=len(numbers)))
    list_path.write_bytes("\t".join(columns).encode())
    assert repr(by_blanks) == repr(list(read_list(list_path, label_width=len(numbers))))


@given(st.integers(0, 9), labels, words)
def test_blanks_without_a_label_width_never_read_as_anything_but_the_truth(list_path, index, numbers, path):
    list_path.write_bytes(" ".join([str(index), *map(str, numbers), path]).encode())
    try:
        [entry] = read_list(list_path)
    except ListError:
        assert any(path.lower().strip("+-_").startswith(start) for start in "0123456789.in")
    else:
        assert (entry.path, repr(entry.labels)) == (path, repr(numbers))


lists_of_anything = st.binary() | st.lists(
    st.sampled_from([b"0", b"1.5", b"\t", b" ", b"\n", b"\r", b"a.jpg", b"\xff", b"\0"])
).map(b"".join)


@given(lists_of_anything, st.none() | st.integers(1, 3))
def test_any_bytes_give_entries_or_a_list_error(list_path, content, width):
    list_path.write_bytes(content)
    try:
        entries = list(read_list(list_path, label_width=width))
    except ListError:
        entries = []
    malformed = []
    try:
        entries = list(read_list(list_path, label_width=width, on_malformed=malformed.append))
    except ListError as error:
        assert "Save it as UTF-8" in str(error)
    assert len(entries) + len(malformed) <= count_lines(list_path)
    for entry in entries:
        assert 0 <= entry.index < 2**64
        assert len(entry.labels) >= 1 if width is None else len(entry.labels) == width
        struct.pack(f"{len(entry.labels)}f", *entry.labels)
        assert entry.path.strip()
        assert not set("\n\0") & set(entry.path)
