"""List files as streams of entries, in constant memory."""

from __future__ import annotations

import io
import os
import sys
from codecs import getincrementaldecoder
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Literal

from gpu_im2rec.errors import ListError, UsageError
from gpu_im2rec.lists.entry import Entry
from gpu_im2rec.lists.files import open_list
from gpu_im2rec.lists.parsing import Malformed, excerpt, parse_line
from gpu_im2rec.lists.partition import Span
from gpu_im2rec.lists.words import parse_words

Dialect = Literal["python", "c++"]  # im2rec.py and im2rec: the two tools read and write some things differently

_LONGEST_LINE = 4 << 20  # characters: room for 400,000 labels; the memory that a line takes is some 20 times that
_BLOCK = 1 << 16  # bytes read at a time: more are no quicker
_OTHER_BOMS = {b"\xff\xfe": "UTF-16 or UTF-32", b"\xfe\xff": "UTF-16", b"\0\0\xfe\xff": "UTF-32"}


@dataclass(frozen=True, slots=True)
class MalformedLine:
    """A line that is no entry."""

    line: int  # 1-based line number in the list file
    text: str  # its beginning, quoted and safe to print
    message: str  # the cause and the next step
    entry: Entry | None = None  # what the line says, where it can be read and yet must not be packed


def read_list(
    path: str | os.PathLike[str],
    *,
    label_width: int | None = None,
    span: Span | None = None,
    dialect: Dialect = "python",
    on_malformed: Callable[[MalformedLine], None] | None = None,
) -> Iterator[Entry]:
    """The entries of the list at ``path``, or of its ``span``, lazily; the file is opened at the first ``next``.

    ``label_width`` is the number of label columns, at least 1; without it each line tells. A malformed line goes to
    ``on_malformed`` and reading goes on. Blank lines are passed over. Only LF and CR LF end a line; a UTF-8 BOM is
    dropped; bytes that are not UTF-8 become surrogates. In the dialect "c++" a lone CR ends a line, too, and any
    blanks separate columns, of which ``label_width``, or 1, have labels.

    Raises UsageError for a label width below 1 and, while reading, ListError: for a file that cannot be read or is in
    UTF-16 or UTF-32, at a line of more than 4 million characters, and for a malformed line if there is no
    ``on_malformed``.
    """
    lines = read_lines(path, label_width=label_width, span=span, dialect=dialect)
    return only_entries(path, lines, on_malformed)


def read_lines(
    path: str | os.PathLike[str],
    *,
    label_width: int | None = None,
    span: Span | None = None,
    dialect: Dialect = "python",
) -> Iterator[Entry | MalformedLine]:
    """As ``read_list``, with each malformed line in its place among the entries."""
    if label_width is not None and label_width < 1:
        raise UsageError(f"--label-width must be at least 1, not {label_width}")
    if dialect == "c++":
        return _parsed(path, partial(parse_words, label_width=label_width or 1), span, newline=None)
    return _parsed(path, partial(parse_line, label_width=label_width), span, newline="\n")


def only_entries(
    path: str | os.PathLike[str],
    lines: Iterable[Entry | MalformedLine],
    on_malformed: Callable[[MalformedLine], None] | None = None,
) -> Iterator[Entry]:
    """The entries among ``lines`` of the list at ``path``; the others go to ``on_malformed``.

    Raises ListError at the first of the others if there is none.
    """
    for line in lines:
        if isinstance(line, Entry):
            yield line
        elif on_malformed is None:
            raise ListError(f"{path}:{line.line}: {line.message}")
        else:
            on_malformed(line)


def _parsed(
    path: str | os.PathLike[str],
    parse: Callable[[str, int], Entry | None],
    span: Span | None,
    newline: Literal["\n"] | None,
) -> Iterator[Entry | MalformedLine]:
    with closing(_lines(path, span, newline)) as lines:
        for number, text in enumerate(lines, span.first_line if span else 1):
            try:
                entry = parse(text, number)
            except Malformed as error:
                yield MalformedLine(number, excerpt(text.rstrip("\r")), str(error))
                continue
            if entry is not None:
                yield entry


def _lines(path: str | os.PathLike[str], span: Span | None, newline: str | None) -> Generator[str, None, None]:
    """The lines without their LF."""
    with open_list(path) as file:
        start = file.peek(4)
        for bom, name in _OTHER_BOMS.items():
            if start.startswith(bom):
                raise ListError(f"{path}: the list is in {name}. Save it as UTF-8")
        utf8 = getincrementaldecoder("utf-8" if span and span.start else "utf-8-sig")("surrogateescape")
        decoder = io.IncrementalNewlineDecoder(utf8, translate=newline is None)
        number, rest = span.first_line if span else 1, ""
        for block in _blocks(file, span):
            lines = (rest + decoder.decode(block, final=not block)).split("\n")
            if len(lines[0]) > _LONGEST_LINE:  # no other is longer than a block
                raise ListError(f"{path}:{number}: more than {_LONGEST_LINE:,} characters in a line. Is this a list?")
            rest = lines.pop()
            number += len(lines)
            yield from lines
        if rest:
            yield rest


def _blocks(file: io.BufferedReader, span: Span | None) -> Iterator[bytes]:
    """What is there of the file or its span, and an empty block for its end."""
    if span:
        file.seek(span.start)
    left = span.stop - span.start if span else sys.maxsize
    while block := file.read1(min(_BLOCK, left)):
        yield block
        left -= len(block)
    yield b""
