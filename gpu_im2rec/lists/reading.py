"""List files as streams of entries, in constant memory."""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path

from gpu_im2rec.errors import ListError, UsageError
from gpu_im2rec.lists.entry import Entry
from gpu_im2rec.lists.parsing import Malformed, excerpt, parse_line

_BLOCK = 1 << 20  # bytes
_OTHER_BOMS = {b"\xff\xfe": "UTF-16 or UTF-32", b"\xfe\xff": "UTF-16", b"\0\0\xfe\xff": "UTF-32"}


@dataclass(frozen=True, slots=True)
class MalformedLine:
    """A line that is no entry."""

    line: int  # 1-based line number in the list file
    text: str  # its beginning, quoted and safe to print
    message: str  # the cause and the next step


def read_list(
    path: str | os.PathLike[str],
    *,
    label_width: int | None = None,
    on_malformed: Callable[[MalformedLine], None] | None = None,
) -> Iterator[Entry]:
    """The entries of the list at ``path``, lazily; the file is opened at the first ``next``.

    ``label_width`` is the number of label columns, at least 1; without it each line tells. A malformed line goes to
    ``on_malformed`` and reading goes on. Blank lines are passed over. Only LF and CR LF end a line; a UTF-8 BOM is
    dropped; bytes that are not UTF-8 become surrogates.

    Raises UsageError for a label width below 1 and, while reading, ListError: for a file that cannot be read or is in
    UTF-16 or UTF-32, and for a malformed line if there is no ``on_malformed``.
    """
    return _entries_alone(path, read_lines(path, label_width=label_width), on_malformed)


def read_lines(path: str | os.PathLike[str], *, label_width: int | None = None) -> Iterator[Entry | MalformedLine]:
    """As ``read_list``, with each malformed line in its place among the entries."""
    if label_width is not None and label_width < 1:
        raise UsageError(f"--label-width must be at least 1, not {label_width}")
    return _parsed(path, label_width)


def count_lines(path: str | os.PathLike[str]) -> int:
    """How many lines the file at ``path`` has, blank and malformed ones too: an upper estimate of its entries.

    For progress bars. Reads the whole file, so a pipe is empty afterwards. Raises ListError if it cannot be read.
    """
    lines, last = 0, b"\n"
    try:
        with Path(path).open("rb") as file:
            while block := file.read(_BLOCK):
                lines += block.count(b"\n")
                last = block[-1:]
    except OSError as error:
        raise _unreadable(path, error) from error
    return lines + (last != b"\n")


def _entries_alone(
    path: str | os.PathLike[str],
    lines: Iterator[Entry | MalformedLine],
    on_malformed: Callable[[MalformedLine], None] | None,
) -> Iterator[Entry]:
    for line in lines:
        if isinstance(line, Entry):
            yield line
        elif on_malformed is None:
            raise ListError(f"{os.fspath(path)}:{line.line}: {line.message}")
        else:
            on_malformed(line)


def _parsed(path: str | os.PathLike[str], label_width: int | None) -> Iterator[Entry | MalformedLine]:
    with closing(_lines(path)) as lines:
        for number, text in enumerate(lines, 1):
            try:
                entry = parse_line(text, number, label_width)
            except Malformed as error:
                yield MalformedLine(number, excerpt(text.rstrip("\r\n")), str(error))
                continue
            if entry is not None:
                yield entry


def _lines(path: str | os.PathLike[str]) -> Generator[str, None, None]:
    try:
        with Path(path).open("rb") as file:
            start = file.peek(4)
            for bom, name in _OTHER_BOMS.items():
                if start.startswith(bom):
                    raise ListError(f"{os.fspath(path)}: the list is in {name}. Save it as UTF-8")
            with TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="\n") as lines:
                yield from lines
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: str | os.PathLike[str], error: OSError) -> ListError:
    return ListError(
        f"{os.fspath(path)}: the list cannot be read: {error.strerror}. "
        "Check its name and permissions, or make it with `gpu-im2rec list`"
    )
