"""Saving what is whole in a damaged record file."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from gpu_im2rec.errors import RecordError
from gpu_im2rec.inspection.evidence import Checksums, OldIndex, has_end
from gpu_im2rec.packing.outputs import check_outputs
from gpu_im2rec.recordio import RecordWriter, beside, checksum_line
from gpu_im2rec.recordio.block import Gap, Run
from gpu_im2rec.recordio.headers import Headers, read_headers
from gpu_im2rec.recordio.part_file import PartFile
from gpu_im2rec.recordio.salvage import salvage

PathLike = str | os.PathLike[str]


class LeftOut(NamedTuple):
    """Bytes ``start`` … ``end`` - 1 of the damaged file, which are not in the new one."""

    start: int
    end: int
    cause: str


@dataclass(slots=True)
class RepairReport:
    """What was saved, and what was not. Offsets are those of the damaged file."""

    rec: Path
    idx: Path
    checksums: Path | None  # where the damaged file has some
    note: str  # why the damaged file's index was of no use; empty where it was, or where there is none
    records: int = 0
    bytes: int = 0
    left_out: list[LeftOut] = field(default_factory=list)
    uncertain: list[int] = field(default_factory=list)  # kept, though damage follows and nothing proves their ends
    headerless: list[int] = field(default_factory=list)  # kept, though they have no image header

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return values | {
            "rec": str(self.rec),
            "idx": str(self.idx),
            "checksums": self.checksums and str(self.checksums),
            "left_out": [each._asdict() for each in self.left_out],
        }


def repair(damaged: PathLike, fixed: PathLike, *, overwrite: bool = False) -> RepairReport:
    """Write every whole record of ``damaged`` to ``fixed``, with an index; a whole file comes out byte for byte.

    A record is whole if its framing is (see ``salvage``) and, where there are checksums, if one of them is its own.
    Where there are none, the old index and the end of its picture may speak against a record before damage. Keys are
    those of the old index for the same offsets, or else the image headers' ids, or else the records' numbers.
    Memory: some megabytes, and 8 bytes a checksum and 16 a line of the index.

    Raises RecordError where nothing can be saved, UsageError, OutputExistsError and OSError; then nothing is written.
    ``damaged`` is never changed.
    """
    damaged, fixed = Path(damaged), Path(fixed)
    crc = beside(fixed, ".crc")
    inputs = [path for path in (damaged, beside(damaged, ".idx"), beside(damaged, ".crc")) if path.exists()]
    check_outputs([fixed, beside(fixed, ".idx"), crc], inputs, overwrite=overwrite)
    checksums, index = Checksums(damaged), OldIndex(damaged)
    with RecordWriter(fixed, overwrite=overwrite) as writer:
        sums = writer.also(crc) if checksums.are_there else None
        report = RepairReport(fixed, writer.index_path, crc if sums else None, index.note)
        _Repair(writer, sums, checksums, index, report).run(damaged)
    return report


@dataclass(slots=True)
class _Repair:
    writer: RecordWriter
    sums: PartFile | None
    checksums: Checksums
    index: OldIndex
    report: RepairReport

    def run(self, damaged: Path) -> None:
        """Everything between opening the files and publishing them."""
        report = self.report
        for piece in salvage(damaged):
            if isinstance(piece, Gap):
                report.left_out.append(LeftOut(piece.start, piece.end, piece.cause))
            else:
                self._keep(piece)
        report.records, report.bytes = self.writer.records, self.writer.bytes_written
        if not report.records and report.left_out:
            raise RecordError(
                f"{damaged}: offset {report.left_out[0].start}: {report.left_out[0].cause}; there is no record to save"
            )

    def _keep(self, run: Run) -> None:
        headers = read_headers(run)
        for row, key in enumerate(self.index.keys(run)):
            payload, offset = run.payload(row), int(run.offsets[row])
            if cause := self._against(run, headers, row):
                named = f"id {headers.ids[row]}: {cause}" if headers.fits[row] else cause
                self.report.left_out.append(LeftOut(offset, int(run.ends[row]), named))
                continue
            if not headers.fits[row]:
                self.report.headerless.append(offset)
            if key is None:
                key = int(headers.ids[row]) if headers.fits[row] else self.writer.records  # noqa: PLW2901
            place = self.writer.append(key, b"", payload)
            if self.sums:
                self.sums.write([checksum_line(place, payload)])

    def _against(self, run: Run, headers: Headers, row: int) -> str:
        """What speaks against a record; empty where nothing does."""
        payload, offset, end = run.payload(row), int(run.offsets[row]), int(run.ends[row])
        if self.checksums.are_there:
            return "" if self.checksums.hold(payload) else f"its checksum is none of those in {self.checksums.path}"
        if run.certain or row < len(run) - 1:
            return ""
        end_by_index = self.index.next_offset(offset)
        ended = has_end(bytes(payload[int(headers.sizes[row]) :])) if headers.fits[row] else None
        if end_by_index not in (None, end):
            return f"the index says that it ends at {end_by_index}, its length says {end}"
        if ended is False:
            return "its picture has no end, and damage follows"
        if end_by_index is None and ended is None:
            self.report.uncertain.append(offset)
        return ""
