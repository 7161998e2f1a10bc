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

_BLOCK_BYTES = 1 << 20  # parsed at a time: with what comes of it, all that is in memory besides the result
_LONGEST_LINE = 256  # bytes before the LF; two numbers of 20 digits and room for blanks
_SAFE_DIGITS = 19  # any number of so many digits fits into uint64
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


def read_index(path: str | PathLike[str]) -> Index:
    """Read an ``.idx`` file, 16 bytes of memory a record.

    Blanks may stand for the TAB, CRLF for LF, and blank lines are passed over. Raises RecordError, naming file and
    line, for any other line that is not two whole numbers of 0 … 2^64-1. Whether records start at the offsets shows
    when they are used.
    """
    path = Path(path)
    keys, offsets = array("Q"), array("Q")
    for first_line, block in _blocks(path):
        parsed = _parse_plain(block.replace(b"\r\n", b"\n") if b"\r" in block else block)
        if parsed is None:
            parsed = _parse_any(block, first_line, path)
        for column, numbers in zip((keys, offsets), parsed.T, strict=True):
            column.frombytes(numbers.tobytes())
    return Index(np.frombuffer(keys, np.uint64), np.frombuffer(offsets, np.uint64))


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
    if lengths.min() < 1 or lengths.max() > _SAFE_DIGITS:
        return None
    # Eight digits at a time, as one word: of any 8 bytes of the text, which a view with steps of 1 byte gives.
    words = np.ndarray(len(block) + 17, "<u8", bytes(24) + block, strides=(1,))
    numbers = _value(words[ends + 16], lengths)
    for done in range(8, int(lengths.max()), 8):
        longer = np.flatnonzero(lengths > done)
        numbers[longer] += _value(words[ends[longer] + 16 - done], lengths[longer] - done) * np.uint64(10**done)
    return numbers.reshape(-1, 2)


def _value(words: NDArray[np.uint64], digits: NDArray[np.int64]) -> NDArray[np.uint64]:
    """What the last ``digits`` of the 8 characters in each of ``words`` say; the last is in the highest byte.

    Neighbours are put together to numbers of two digits, then of four, then of eight.
    """
    others = (8 * np.maximum(8 - digits, 0)).astype(np.uint64)  # bits
    value = words >> others << others & np.uint64(0x0F0F0F0F0F0F0F0F)
    for bits, mask in ((8, 0x00FF00FF00FF00FF), (16, 0x0000FFFF0000FFFF), (32, 0x00000000FFFFFFFF)):
        value = value * np.uint64(10 ** (bits // 8) << bits | 1) >> np.uint64(bits) & np.uint64(mask)
    return value


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
