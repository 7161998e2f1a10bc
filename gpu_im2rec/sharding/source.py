"""A record file that is to be joined with others or cut: looked at before any byte is written."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gpu_im2rec.errors import RecordError
from gpu_im2rec.loading.places import is_identity
from gpu_im2rec.recordio import Index, beside, index_of, read_index
from gpu_im2rec.recordio.checksums import Lines, iter_checksums
from gpu_im2rec.recordio.framing import gather, locate
from gpu_im2rec.recordio.header import HEADER_BYTES
from gpu_im2rec.recordio.index import iter_index
from gpu_im2rec.recordio.rebuild import id_of
from gpu_im2rec.recordio.scan import FileBytes, scan

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
    zero = -1  # offset of the record of key 0
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


def records_of(rec: Path) -> Index:
    """Keys and offsets of all records of the file at ``rec``, in its order; 16 bytes of memory a record.

    Without an index keys are the records' ids. Raises RecordError like ``look_at``, and where the framing breaks.
    """
    if not index_of(rec).is_file():
        keys, offsets = array("Q"), array("Q")
        for data, offset, spans in scan(rec):
            _check_plain(rec, data, offset, spans)
            keys.append(id_of(rec, data, offset, spans))
            offsets.append(offset)
        return Index(np.array(keys, np.uint64), np.array(offsets, np.uint64))
    source = look_at(rec)
    index = read_index(source.idx)
    if not (index.offsets[1:] > index.offsets[:-1]).all():
        order = np.argsort(index.offsets, kind="stable")
        index = Index(index.keys[order], index.offsets[order])
        if (twice := np.flatnonzero(index.offsets[1:] == index.offsets[:-1])).size:
            raise RecordError(
                f"{source.idx}: lists the record at offset {index.offsets[twice[0]]} twice; "
                f"`gpu-im2rec index {rec} --overwrite` makes it anew"
            )
    return index


def _check_plain(rec: Path, data: FileBytes, offset: int, spans: Sequence[slice]) -> None:
    """Raises RecordError if the record at ``offset``, whose payload ``spans`` are, is one of insightface's layout."""
    if len(spans) == 1 and spans[0].stop - spans[0].start == _IDENTITY_BYTES and is_identity(gather(data, spans)):
        raise RecordError(
            f"{rec}: offset {offset}: this record says by their keys whose faces others are, as in insightface's "
            f"layout; `gpu-im2rec convert {rec} PLAIN.rec` makes plain records of it"
        )


def _check_end(source: Source, last: int, zero: int) -> None:
    """Raises RecordError unless the record at ``last`` ends with the file; -1: there is none."""
    end = 0
    with source.rec.open("rb") as file:
        data = FileBytes(file)
        for offset in sorted({last, zero} - {-1}):
            try:
                spans, end = locate(data, offset)
            except RecordError as error:
                advice = f"the index may not fit: `gpu-im2rec verify {source.rec}` shows more"
                raise RecordError(f"{source.rec}: {error}; {advice}") from None
            _check_plain(source.rec, data, offset, spans)
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
