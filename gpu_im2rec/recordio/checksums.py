"""The checksums beside a record file: a line per record, ``OFFSET<TAB>XXH3<LF>``, in the order of writing.

OFFSET is the byte at which the record's first head lies, in decimal, as in the index; it grows from line to line. XXH3
is the 64-bit XXH3, seed 0, of the record's payload (image header, labels and content; no heads, no padding) in 16 small
hexadecimal digits, the highest first. So a record keeps its checksum wherever it moves.

Needs the package xxhash.
"""

import re
from collections.abc import Iterator
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.errors import RecordError, UsageError
from gpu_im2rec.recordio.digits import SAFE_DIGITS, lines, values
from gpu_im2rec.recordio.framing import Buffer, as_bytes, gather
from gpu_im2rec.recordio.naming import beside
from gpu_im2rec.recordio.publishing import publishing
from gpu_im2rec.recordio.scan import scan

_BLOCK_BYTES = 1 << 20
_LINES = 30_000  # of a block, about
_DIGITS = 16  # of a checksum
_LONGEST_LINE = 64  # bytes; the two numbers take 20 + 1 + 16 + 2 at most
_LINE = re.compile(rb"(\d{1,20})\t([0-9a-f]{16})\r?\n?")


def checksum(*pieces: Buffer) -> int:
    """XXH3, 64 bits, of the payload that ``pieces`` are back to back; they are C-contiguous and not copied."""
    import xxhash  # noqa: PLC0415 (all else in this room needs NumPy alone)

    if len(pieces) == 1:
        return xxhash.xxh3_64_intdigest(as_bytes(pieces[0]))
    state = xxhash.xxh3_64()
    for piece in pieces:
        state.update(as_bytes(piece))
    return state.intdigest()


def checksums(data: bytes, starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> list[int]:
    """Those of many payloads, each ``sizes`` bytes of ``data`` from ``starts`` on; quicker than one by one."""
    from xxhash import xxh3_64_intdigest  # noqa: PLC0415

    view = memoryview(data)
    ends = (starts + sizes).tolist()
    return [xxh3_64_intdigest(view[start:end]) for start, end in zip(starts.tolist(), ends, strict=True)]


def checksum_line(offset: int, *pieces: Buffer) -> bytes:
    """The line of the record at byte ``offset`` whose payload is ``pieces`` back to back."""
    return b"%d\t%016x\n" % (offset, checksum(*pieces))


def read_checksums(path: str | PathLike[str]) -> Iterator[tuple[int, int]]:
    """Offset and checksum of each line, lazily, in constant memory.

    Raises RecordError, naming file and line, for any other line, and where offsets do not grow.
    """
    before = -1
    with Path(path).open("rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE), b""), 1):
            found = _LINE.fullmatch(line)
            if not found or int(found[1]) <= before:
                raise RecordError(
                    f"{path}, line {number}: expected OFFSET<TAB>XXH3, the offset larger than that before, "
                    f"found {line[:60]!r}; remove the file, or make it anew with `gpu-im2rec index FILE --checksums`"
                )
            before = int(found[1])
            yield before, int(found[2], 16)


class Lines(NamedTuple):
    """n lines."""

    offsets: NDArray[np.uint64]  # (n,)
    sums: NDArray[np.uint8]  # (n, 16), their digits

    def text(self) -> bytes:
        """As they are written."""
        return lines(*self)


def iter_checksums(path: str | PathLike[str]) -> Iterator[Lines]:
    """Some 30,000 lines at a time, in constant memory.

    Raises RecordError like ``read_checksums``.
    """
    before = -1
    with Path(path).open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            block += file.readline(_LONGEST_LINE)
            found = _parse_plain(block)
            if not found or int(found.offsets[0]) <= before or not (found.offsets[1:] > found.offsets[:-1]).all():
                break
            before = int(found.offsets[-1])
            yield found
        else:
            return
    rows = ((offset, b"%016x" % number) for offset, number in read_checksums(path) if offset > before)
    while some := list(islice(rows, _LINES)):
        offsets, hexes = zip(*some, strict=True)
        yield Lines(np.array(offsets, np.uint64), np.frombuffer(b"".join(hexes), np.uint8).reshape(-1, _DIGITS))


def _parse_plain(block: bytes) -> Lines | None:
    """Lines exactly as they are written, all at once; None for anything else."""
    if not block.endswith(b"\n"):
        return None
    text = np.frombuffer(block, np.uint8)
    stops = np.flatnonzero(text == ord("\n"))
    tabs = stops - _DIGITS - 1
    lengths = np.diff(stops, prepend=-1) - _DIGITS - 2
    if lengths.min() < 1 or lengths.max() > SAFE_DIGITS or (text[tabs] != ord("\t")).any():
        return None
    hexes = text[tabs[:, None] + np.arange(1, _DIGITS + 1)]
    is_digit = text - np.uint8(ord("0")) <= 9
    is_hex = (hexes - np.uint8(ord("0")) <= 9) | (hexes - np.uint8(ord("a")) < 6)
    others = len(text) - 2 * len(stops) - hexes.size  # that must be the offsets' digits
    if not is_hex.all() or int(is_digit.sum()) - int((hexes - np.uint8(ord("0")) <= 9).sum()) != others:
        return None
    return Lines(values(block, tabs, lengths), hexes)


def write_checksums(
    rec_path: str | PathLike[str], path: str | PathLike[str] | None = None, *, overwrite: bool = False
) -> int:
    """Write the checksums of ``rec_path`` as it is now (default: beside it, ``.crc``) → the number of records.

    Raises RecordError, naming file and offset, where the framing breaks, and OutputExistsError like ``RecordWriter``;
    then there is no new file.
    """
    rec_path = Path(rec_path)
    target = beside(rec_path, ".crc") if path is None else Path(path)
    if rec_path == target:
        raise UsageError(f"{rec_path} cannot be both the record file and its checksums; give them another name")
    records = 0
    with publishing(target, overwrite=overwrite) as part:
        for source, offset, spans in scan(rec_path):
            part.write([checksum_line(offset, gather(source, spans))])
            records += 1
    return records
