"""A list cut into parts: by lines, all but equally many; or by bytes, exactly as the C++ im2rec cuts with nsplit.

Parts are contiguous, in order, and together the whole list: no line is lost, none is in two of them.
"""

import io
import os
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np

from gpu_im2rec.lists.files import BLOCK, lines_per_block, open_list


class Span(NamedTuple):
    """Whole lines of a list file."""

    start: int  # bytes from the start of the file
    stop: int
    first_line: int  # 1-based number of the line at ``start``
    lines: int  # blank ones too


def whole(path: str | os.PathLike[str]) -> Span:
    """The list at ``path``, uncut. Raises ListError if it cannot be read."""
    return part_by_lines(path, 0, 1)


def part_by_lines(path: str | os.PathLike[str], number: int, count: int) -> Span:
    """Part ``number``, 0 … ``count`` - 1: the parts have as many lines each, give or take one.

    Raises ListError if the list cannot be read.
    """
    return _between(path, count, (number, number + 1))[0]


def parts_by_lines(path: str | os.PathLike[str], count: int) -> list[Span]:
    """All ``count`` parts as ``part_by_lines`` cuts them, in one pass. Raises ListError if the list cannot be read."""
    return _between(path, count, range(count + 1))


def _between(path: str | os.PathLike[str], count: int, borders: Iterable[int]) -> list[Span]:
    """What lies between each two neighbours of ``borders``, 0 … ``count``."""
    with open_list(path) as file:
        ends = list(accumulate(lines_per_block(file), initial=0))
        lines = [ends[-1] * border // count for border in borders]
        starts = [*_starts_of_lines(file, ends, lines)]
    both = pairwise(zip(starts, lines, strict=True))
    return [Span(start, stop, first + 1, last - first) for (start, first), (stop, last) in both]


def part_by_bytes(path: str | os.PathLike[str], number: int, count: int) -> Span:
    """Part ``number``, 0 … ``count`` - 1, of im2rec's ``nsplit``: the lines that start in a share of the file's bytes.

    Parts may be empty. Raises ListError if the list cannot be read.
    Source: dmlc-core, src/io/input_split_base.cc (ResetPartition) and src/io/line_split.cc.
    """
    with open_list(path) as file:
        size = file.seek(0, os.SEEK_END)
        step = -(-size // count)
        start, stop = (_next_start(file, step * border, size) for border in (number, number + 1))
        file.seek(0)
        before, lines = (sum(lines_per_block(file, length, ends=b"\r\n")) for length in (start, stop - start))
    return Span(start, stop, before + 1, lines)


def _starts_of_lines(file: io.BufferedReader, ends: list[int], lines: Iterable[int]) -> Iterator[int]:
    """Where each of ``lines``, from 0 and ascending, starts; the end of the file for the one behind the last.

    ``ends``: line ends before each block of the file, and in all of it. No block is read twice.
    """
    at, feeds = -1, np.empty(0, np.intp)  # the block that was read last, and where its lines end
    for line in lines:
        if line in (0, ends[-1]):
            yield file.seek(0, os.SEEK_END) if line else 0
            continue
        number = bisect_left(ends, line) - 1
        if number != at:
            file.seek(number * BLOCK)
            at, feeds = number, np.flatnonzero(np.frombuffer(file.read(BLOCK), np.uint8) == 10)
        yield number * BLOCK + int(feeds[line - ends[number] - 1]) + 1


def _next_start(file: io.BufferedReader, border: int, size: int) -> int:
    """The first start of a line behind byte ``border``; 0 for the border 0. Line ends in a row count as one."""
    if border == 0:
        return 0
    position = file.seek(min(border, size))
    ended = False  # the line that the border lies in
    while block := file.read(BLOCK):
        if not ended:
            line_end = min((at for at in map(block.find, (b"\n", b"\r")) if at >= 0), default=len(block))
            position, ended, block = position + line_end, line_end < len(block), block[line_end:]
        start = block.lstrip(b"\r\n")
        position += len(block) - len(start)
        if start:
            return position
    return size
