"""The index beside a record file: a line per record, ``KEY<TAB>OFFSET<LF>`` in decimal ASCII, in the order of writing.

KEY is column 0 of the list, OFFSET the byte at which the record's first head lies.

Source: mxnet, python/mxnet/recordio.py.
"""

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.errors import RecordError
from gpu_im2rec.recordio.digits import SAFE_DIGITS, lines, values

_BLOCK_BYTES = 1 << 20  # parsed at a time: with what comes of it, all that is in memory besides the result
_LONGEST_LINE = 256  # bytes before the LF; two numbers of 20 digits and room for blanks
_LINE = re.compile(rb"(?!.{%d})[ \t]*(\d{1,20})[ \t]+(\d{1,20})[ \t]*\r?" % (_LONGEST_LINE + 1))


@dataclass(frozen=True, eq=False)
class Index:
    """Keys and offsets of n records, in file order. Neither needs to be sorted or unique."""

    keys: NDArray[np.uint64]  # (n,)
    offsets: NDArray[np.uint64]  # (n,), bytes

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, span: slice) -> "Index":
        return Index(self.keys[span], self.offsets[span])

    def position(self, key: int) -> int:
        """Where ``key`` stands, 0 … n-1; the last place where it stands more than once, as in mxnet. Or KeyError."""
        if 0 <= key < 1 << 64:
            order = self._order
            place = int(np.searchsorted(self.keys, np.uint64(key), side="right", sorter=order)) - 1
            position = place if order is None else int(order[place])
            if place >= 0 and self.keys[position] == np.uint64(key):
                return position
        raise KeyError(key)

    @cached_property
    def _order(self) -> NDArray[np.intp] | None:
        """The positions sorted by key; None where the keys are sorted already."""
        if bool((self.keys[1:] >= self.keys[:-1]).all()):
            return None
        return np.argsort(self.keys, kind="stable")


def index_line(key: int, offset: int) -> bytes:
    """The line of the record with ``key`` at byte ``offset``."""
    return b"%d\t%d\n" % (key, offset)


def index_lines(index: Index) -> bytes:
    """The lines of all of ``index``."""
    return lines(index.keys, index.offsets)


def read_index(path: str | PathLike[str]) -> Index:
    """Read an ``.idx`` file, 16 bytes of memory a record.

    Blanks may stand for the TAB, CRLF for LF, and blank lines are passed over. Raises RecordError, naming file and
    line, for any other line that is not two whole numbers of 0 … 2^64-1. Whether records start at the offsets shows
    when they are used.
    """
    keys, offsets = array("Q"), array("Q")
    for block in iter_index(path):
        keys.frombytes(block.keys.tobytes())
        offsets.frombytes(block.offsets.tobytes())
    return Index(np.frombuffer(keys, np.uint64), np.frombuffer(offsets, np.uint64))


def iter_index(path: str | PathLike[str]) -> Iterator[Index]:
    """The same in pieces of some 100,000 lines, in constant memory. Raises RecordError like ``read_index``."""
    path = Path(path)
    for first_line, block in _blocks(path):
        parsed = _parse_plain(block.replace(b"\r\n", b"\n") if b"\r" in block else block)
        if parsed is None:
            parsed = _parse_any(block, first_line, path)
        yield Index(*parsed.T)


def _blocks(path: Path) -> Iterator[tuple[int, bytes]]:
    """Some megabytes at a time, and the number of the first line: whole lines, or the beginning of one too long."""
    line = 1
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            block += file.readline(_LONGEST_LINE + 1)
            yield line, block
            line += block.count(b"\n")


def _parse_plain(block: bytes) -> NDArray[np.uint64] | None:
    """Lines exactly as they are written → (lines, 2), all columns of digits at once; None for anything else."""
    if not block.endswith(b"\n"):
        return None
    text = np.frombuffer(block, np.uint8)
    digits = text - np.uint8(ord("0"))
    ends = np.flatnonzero(digits > 9)  # of the numbers: every byte that is no digit, as uint8 wraps
    if len(ends) % 2 or (text[ends].reshape(-1, 2) != (ord("\t"), ord("\n"))).any():
        return None
    lengths = np.diff(ends, prepend=-1) - 1
    if lengths.min() < 1 or lengths.max() > SAFE_DIGITS:
        return None
    return values(block, ends, lengths).reshape(-1, 2)


def _parse_any(block: bytes, first_line: int, path: Path) -> NDArray[np.uint64]:
    """The same line by line, with all that is tolerated and a message for what is not."""
    rows: list[tuple[int, int]] = []
    for number, line in enumerate(block.split(b"\n"), first_line):
        found = _LINE.fullmatch(line)
        if not found and not line.strip() and len(line) <= _LONGEST_LINE:
            continue
        row = (int(found[1]), int(found[2])) if found else (1 << 64, 0)
        if max(row) >= 1 << 64:
            raise RecordError(
                f"{path}, line {number}: expected KEY<TAB>OFFSET, found {line[:60]!r}; "
                "rebuild the index with `gpu-im2rec index FILE`"
            )
        rows.append(row)
    return np.array(rows, np.uint64).reshape(-1, 2)
