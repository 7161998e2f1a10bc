"""The text of one line to an ``Entry`` as the C++ im2rec reads it: any blanks separate index, labels and path.

How many labels there are must be known. What im2rec drops without a word (a label of nan, an index beyond 64 bits) or
dies of (a missing label) is an entry or a malformed line here.
"""

import re

from gpu_im2rec.lists.entry import Entry
from gpu_im2rec.lists.parsing import Malformed, excerpt, parse_index, parse_label, to_number

_HOW_MANY = "Correct the line, or say with label_width how many there are"
_BLANKS = " \t\v\f\r\n"
_ENDS = "".join(map(chr, range(ord(" ") + 1))) + "\x7f"  # im2rec drops these, and what is not ASCII, from a path's end
_between_words = re.compile(r"[ \t\v\f\r]+").split


def parse_words(text: str, line: int, label_width: int) -> Entry | None:
    """The entry in ``text``, line number ``line``, with ``label_width`` labels; None for a blank line.

    Raises Malformed.
    """
    words = _between_words(text.lstrip(_BLANKS).rstrip(_ENDS), label_width + 1)
    if words == [""]:
        return None
    index = _wrapped(words[0])
    if len(words) < label_width + 2:
        raise Malformed(f"{max(len(words) - 2, 0)} label(s) before the path, not {label_width}. {_HOW_MANY}")
    *labels, path = words[1:]
    for number, label in enumerate(labels, 1):
        if to_number(label) is None:
            raise Malformed(f"label {number} of {label_width}, {excerpt(label)}, is not a number. {_HOW_MANY}")
    if "\0" in path:
        raise Malformed(f"path {excerpt(path)} holds a NUL character. Save the list as UTF-8 text")
    first, tab, _ = path.partition("\t")
    if tab and to_number(first) is not None:
        raise Malformed(f"another number, {excerpt(first)}, behind {label_width} label(s). {_HOW_MANY}")
    return Entry(index, tuple(map(parse_label, labels)), path, line)


def _wrapped(text: str) -> int:
    """-1 is 2^64-1: C++ reads a negative number into 64 unsigned bits so."""
    if not text.startswith("-"):
        return parse_index(text.removeprefix("+"))
    return -parse_index(text[1:]) % (1 << 64)
