"""List files as streams of entries, in constant memory."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from gpu_im2rec.errors import ListError, UsageError
from gpu_im2rec.lists.entry import Entry
from gpu_im2rec.lists.files import BLOCK, open_list
from gpu_im2rec.lists.parsing import Malformed, excerpt, parse_line
from gpu_im2rec.lists.partition import Span
from gpu_im2rec.lists.words import parse_words

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Dialect = Literal["python", "c++"]  # im2rec.py and im2rec: the two tools read and write some things differently

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
    UTF-16 or UTF-32, and for a malformed line if there is no ``on_malformed``.
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
            raise ListError(f"{os.fspath(path)}:{line.line}: {line.message}")
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
                yield MalformedLine(number, excerpt(text.rstrip("\r\n")), str(error))
                continue
            if entry is not None:
                yield entry


def _lines(path: str | os.PathLike[str], span: Span | None, newline: str | None) -> Generator[str, None, None]:
    with open_list(path) as file:
        start = file.peek(4)
        for bom, name in _OTHER_BOMS.items():
            if start.startswith(bom):
                raise ListError(f"{os.fspath(path)}: the list is in {name}. Save it as UTF-8")
        content = io.BufferedReader(_Slice(file, span), BLOCK) if span else file
        with io.TextIOWrapper(content, encoding="utf-8-sig", errors="surrogateescape", newline=newline) as lines:
            yield from lines


class _Slice(io.RawIOBase):
    """A span of a file, as a file."""

    def __init__(self, file: io.BufferedReader, span: Span) -> None:
        file.seek(span.start)
        self._file = file
        self._left = span.stop - span.start

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """As much as fits into ``buffer``, or is left."""
        count = self._file.readinto(memoryview(buffer)[: self._left])
        self._left -= count
        return count
