"""A record file that is to be joined with others or cut: looked at before any byte is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gpu_im2rec.errors import RecordError
from gpu_im2rec.loading.places import is_identity
from gpu_im2rec.recordio import Index, beside, index_of
from gpu_im2rec.recordio.checksums import Lines, iter_checksums
from gpu_im2rec.recordio.framing import gather, locate
from gpu_im2rec.recordio.header import HEADER_BYTES
from gpu_im2rec.recordio.index import iter_index
from gpu_im2rec.recordio.scan import FileBytes

_IDENTITY_BYTES = HEADER_BYTES + 8  # of insightface's records without a picture


@dataclass(frozen=True, slots=True)
class Source:
    """A record file whose index belongs to it."""

    rec: Path
    idx: Path
    crc: Path | None
    bytes: int
    records: int
    low: int  # smallest key
    high: int  # and largest
    keys_ascend: bool  # each is larger than the one before

    def index(self, start: int) -> Iterator[Index]:
        """Its index, some lines at a time, for records that begin ``start`` bytes further on."""
        for lines in iter_index(self.idx):
            yield Index(lines.keys, lines.offsets + np.uint64(start))

    def checksums(self, start: int) -> Iterator[Lines]:
        """Its checksums, likewise."""
        for lines in iter_checksums(self.crc) if self.crc else ():
            yield Lines(lines.offsets + np.uint64(start), lines.sums)


def look_at(rec: Path) -> Source:
    """The file at ``rec``; in constant memory.

    Raises RecordError where it has no index or that of another file, or is in insightface's layout.
    """
    idx, crc = index_of(rec), beside(rec, ".crc")
    if not idx.is_file():
        raise RecordError(f"{rec} has no index; `gpu-im2rec index {rec}` makes one")
    records, last, low, high, ascend = 0, -1, 1 << 64, -1, True
    zero: int | None = None  # offset of the record of key 0
    for lines in iter_index(idx):
        if len(lines):
            keys, offsets = lines.keys, lines.offsets
            records, last = records + len(lines), max(last, int(offsets.max()))
            ascend = ascend and int(keys[0]) > high and bool((keys[1:] > keys[:-1]).all())
            low, high = min(low, int(keys.min())), max(high, int(keys.max()))
            zero = next(map(int, offsets[keys == 0]), zero)
    source = Source(rec, idx, crc if crc.is_file() else None, rec.stat().st_size, records, low, high, ascend)
    _check_end(source, last, zero)
    _check_checksums(source, last)
    return source


def _check_end(source: Source, last: int, zero: int | None) -> None:
    with source.rec.open("rb") as file:
        data, end = FileBytes(file), 0
        for offset in [last] if zero in (None, last) else [zero, last]:
            if offset is not None and offset >= 0:
                try:
                    spans, end = locate(data, offset)
                except RecordError as error:
                    advice = f"the index may not fit: `gpu-im2rec verify {source.rec}` shows more"
                    raise RecordError(f"{source.rec}: {error}; {advice}") from None
                if (
                    len(spans) == 1
                    and spans[0].stop - spans[0].start == _IDENTITY_BYTES
                    and is_identity(gather(data, spans))
                ):
                    raise RecordError(
                        f"{source.rec}: offset {offset}: this record says whose faces others are, by their keys, as in "
                        f"insightface's layout; `gpu-im2rec convert {source.rec} PLAIN.rec` makes plain records of it"
                    )
    if end != source.bytes:
        raise RecordError(
            f"{source.rec}: the last record of the index ends at {end:,}, the file at {source.bytes:,}: they do not "
            f"belong together; `gpu-im2rec verify {source.rec}` shows more"
        )


def _check_checksums(source: Source, last: int) -> None:
    final = -1
    for lines in source.checksums(0):
        final = int(lines.offsets[-1])
    if source.crc and final != last:
        raise RecordError(
            f"{source.crc}: its last line is for offset {final}, the last record is at {last}: they do not belong "
            f"together; `gpu-im2rec index {source.rec} --checksums --overwrite` makes it anew"
        )
