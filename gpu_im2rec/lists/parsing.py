"""The text of one line to an ``Entry``; no files.

A line is ``index TAB label [TAB label …] TAB path``, as im2rec.py reads it. Blanks in place of TABs, as the C++ im2rec
reads them, are understood where they leave no doubt.
"""

from gpu_im2rec.lists.entry import Entry
from gpu_im2rec.units import counted

_MAX_INDEX = 2**64 - 1
_FLOAT32_OVERFLOW = 2.0**128 - 2.0**103  # from here on a value rounds to infinity as float32
_EXCERPT = 60  # characters
_KNOWN_LABELS = 1 << 15  # some 7 MiB
_LONGEST_KNOWN = 32  # characters
_COLUMNS = "im2rec lists have index, label(s), path. Separate the columns with TABs"


class Malformed(Exception):
    """A line that is no entry: the cause and the next step."""


def parse_line(text: str, line: int, label_width: int | None = None) -> Entry | None:
    """The entry in ``text``, line number ``line`` of a list with ``label_width`` label columns (None: the line tells).

    None for a blank line. Raises Malformed.
    """
    columns = text.strip("\t\r\n").split("\t")
    if len(columns) != 3 or columns[2].isspace() or "\0" in text or label_width not in (None, 1):
        return _parse_unusual(columns, line, label_width)
    index, label, path = columns  # nearly every line of nearly every list; written for speed
    plain = index.isdigit() and index.isascii() and len(index) < 20
    return Entry(int(index) if plain else parse_index(index), _one_label[label], path, line)


def excerpt(text: str, longest: int = _EXCERPT) -> str:
    """The beginning of ``text``, ``longest`` characters at most, quoted and safe to print."""
    return repr(text) if len(text) <= longest else f"{text[:longest]!r}…"


def parse_index(text: str) -> int:
    """An index, 0 … 2^64-1, in decimal digits; blanks around them are passed over. Raises Malformed."""
    digits = text.strip(" ")
    if not (digits.isdigit() and digits.isascii()):
        raise Malformed(f"index {excerpt(text)} is not a decimal integer, 0 … {_MAX_INDEX}. {_COLUMNS}")
    index = int(digits.lstrip("0")[:21] or "0")  # int() refuses more than 4,300 digits
    if index > _MAX_INDEX:
        raise Malformed(f"index {excerpt(text)} is too large. Use 0 … {_MAX_INDEX}")
    return index


class _OneLabel(dict[str, tuple[float, ...]]):
    """Labels by the text of their single column: class numbers repeat, and looking up is quicker than parsing."""

    def __missing__(self, text: str) -> tuple[float, ...]:
        labels = (parse_label(text),)
        if len(self) < _KNOWN_LABELS and len(text) <= _LONGEST_KNOWN:
            self[text] = labels
        return labels


_one_label = _OneLabel()


def parse_label(text: str) -> float:
    """A label: any number that float32 holds, nan and inf too. Raises Malformed."""
    value = to_number(text)
    if value is None:
        raise Malformed(f"label {excerpt(text)} is not a number. {_COLUMNS}")
    if abs(value) >= _FLOAT32_OVERFLOW and "n" not in text.lower():  # infinity is meant only where it is spelled out
        raise Malformed(f"label {excerpt(text)} is too large for float32. Use a smaller number")
    return value


def to_number(text: str) -> float | None:
    """The number that ``text`` is, in decimal notation; None where it is none."""
    if not text.isascii() or "_" in text:
        return None
    try:
        return float(text)
    except ValueError:
        return None


def _parse_unusual(columns: list[str], line: int, label_width: int | None) -> Entry | None:
    """Any line, cut at its TABs: also a blank one, one that ends in blank columns, or has blanks for TABs."""
    while columns and not columns[-1].strip():
        columns.pop()
    if not columns:
        return None
    if "\0" in "".join(columns):
        raise Malformed("the line holds a NUL character. Save the list as UTF-8 text")
    if len(columns) == 1:
        columns = _columns_between_blanks(columns[0], label_width)
    index, *labels, path = columns
    if not labels:
        raise Malformed(f"two columns; {_COLUMNS}")
    if label_width is not None and len(labels) != label_width:
        raise Malformed(f"{counted(len(labels), 'label column')}, not {label_width}. Correct the line or --label-width")
    return Entry(parse_index(index), tuple(map(parse_label, labels)), path, line)


def _columns_between_blanks(text: str, label_width: int | None) -> list[str]:
    """Index, numbers while there are any (at most ``label_width``), and the rest as path, inner blanks included."""
    index, _, rest = text.lstrip(" ").partition(" ")
    parse_index(index)
    labels: list[str] = []
    start = 0  # of the path in ``rest``
    for word in rest.split(" "):
        if word:
            if len(labels) == label_width or to_number(word) is None:
                break
            labels.append(word)
        start += len(word) + 1
    path = rest[start:]
    if label_width is not None and len(labels) < label_width:
        raise Malformed(f"{len(labels)} label(s) before the path, not {label_width}. Correct the line or --label-width")
    if not labels:
        raise Malformed(f"no label after the index; {_COLUMNS}")
    if not path.strip():
        raise Malformed("no path after the numbers. Add it; if it is a number itself, use TABs or --label-width")
    if label_width is None and len(labels) > 1 and " " in path.rstrip(" "):
        raise Malformed("labels and path cannot be told apart. Separate the columns with TABs, or give --label-width")
    return [index, *labels, path]
