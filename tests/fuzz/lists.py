"""List files in both dialects. The first byte of an input says how many labels a line has, 0 for any number."""

import io
import struct

from gpu_im2rec.errors import ListError
from gpu_im2rec.lists import (
    Entry,
    check_detection,
    count_lines,
    part_by_bytes,
    part_by_lines,
    read_lines,
    read_list,
    reading,
)
from gpu_im2rec.lists.parsing import Malformed, parse_line
from gpu_im2rec.lists.words import parse_words
from tests.fuzz.common import as_file, check_refusal

_WIDTHS = 5


def line(data: bytes) -> None:
    """One line, without a file, in both dialects."""
    width = data[0] % _WIDTHS if data else 0
    text = data[1:].decode("utf-8", "surrogateescape").replace("\n", "")
    try:
        entry = parse_line(text, 7, width or None)
    except Malformed as error:
        assert str(error).isprintable()
    else:
        assert (entry is None) == (not text.strip())
        if entry:
            _check_entry(entry, width)
        if entry and not entry.path.endswith("\r"):  # which a TAB and blanks behind it had kept from ending the line
            columns = [str(entry.index), *map(repr, entry.labels), entry.path]
            assert repr(parse_line("\t".join(columns), 7)) == repr(entry)
    try:
        entry = parse_words(text, 7, width or 1)
    except Malformed as error:
        assert str(error).isprintable()
    else:
        if entry:
            _check_entry(entry, width or 1)


def python_list(data: bytes) -> None:
    """im2rec.py's dialect."""
    _read(data, "python", part_by_lines)


def cpp_list(data: bytes) -> None:
    """The C++ im2rec's dialect."""
    _read(data, "c++", part_by_bytes)


def detection(data: bytes) -> None:
    """Lines that pass the check of detection labels are objects inside the picture."""
    path = as_file("e.lst", data)
    try:
        lines = list(check_detection(read_lines(path)))
    except ListError:
        return
    widths = set()
    for each in lines:
        if not isinstance(each, Entry):
            _check_malformed(each)
            continue
        header, width = map(int, each.labels[:2])
        widths.add((header, width))
        objects = each.labels[header:]
        assert header >= 2
        assert width >= 5
        assert objects
        for start in range(0, len(objects), width):
            class_id, xmin, ymin, xmax, ymax = objects[start : start + 5]
            assert class_id == int(class_id) >= 0
            assert -0.002 < xmin < xmax < 1.002
            assert -0.002 < ymin < ymax < 1.002
    assert len(widths) <= 1


def _read(data, dialect, part) -> None:
    """The same lines from the whole and from its parts, and wherever a block of the file ends."""
    width, content = data[0] % _WIDTHS if data else 0, data[1:]
    options = {"label_width": width or None, "dialect": dialect}
    path = as_file("d.lst", content)
    try:
        lines = list(read_lines(path, **options))
    except ListError as error:
        assert str(error).endswith("Save it as UTF-8")
        assert content.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff"))
        return
    for each in lines:
        if isinstance(each, Entry):
            _check_entry(each, width or (dialect == "c++"))
        else:
            _check_malformed(each)
    assert len(lines) <= count_lines(path) + (dialect == "c++") * content.count(b"\r")
    _check_lines(path, content, dialect)
    spans = [part(path, number, 3) for number in range(3)]
    assert [spans[0].start, *(span.stop for span in spans)] == [*(span.start for span in spans), len(content)]
    parts = [each for span in spans for each in read_lines(path, span=span, **options)]
    assert repr(parts) == repr(lines)
    try:
        entries = list(read_list(path, **options))
    except ListError as error:
        check_refusal(error)
        assert any(f":{each.line}: {each.message}" in str(error) for each in lines if not isinstance(each, Entry))
    else:
        assert repr(entries) == repr(lines)


def _check_lines(path, content, dialect) -> None:
    newline = None if dialect == "c++" else "\n"
    text = io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", "surrogateescape", newline)
    expected = [each.removesuffix("\n") for each in text]
    usual = reading._BLOCK
    reading._BLOCK = 5
    assert list(reading._lines(path, None, newline)) == expected
    reading._BLOCK = usual


def _check_entry(entry, width) -> None:
    assert 0 <= entry.index < 2**64
    assert len(entry.labels) == (width or len(entry.labels)) >= 1
    struct.pack(f"{len(entry.labels)}f", *entry.labels)
    assert entry.path.strip()
    assert not set("\n\0") & set(entry.path)


def _check_malformed(each) -> None:
    assert each.text.isprintable()
    assert each.message.isprintable()
    assert len(each.text) + len(each.message) < 1500
    assert each.line >= 1
