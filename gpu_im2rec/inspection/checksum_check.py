"""Whether the records are what the checksums beside their file say."""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path

from gpu_im2rec.errors import RecordError
from gpu_im2rec.inspection.findings import Example, Findings, Kind
from gpu_im2rec.recordio import beside, read_checksums
from gpu_im2rec.recordio.block import Run
from gpu_im2rec.recordio.checksums import checksums
from gpu_im2rec.recordio.headers import Headers

_LINES = 4096  # read at a time behind the last record


class ChecksumCheck:
    """Compares the checksums of ``rec``, if there are any, with the records as they come; both are streams."""

    def __init__(self, rec: Path, findings: Findings) -> None:
        self.path = beside(rec, ".crc")
        self.is_there = self.path.is_file()  # and can be read
        self._findings = findings
        self._lines = read_checksums(self.path) if self.is_there else iter(())
        self._line = self._read()

    def see(self, run: Run, headers: Headers) -> None:
        """The next records of the file."""
        offsets = run.offsets.tolist()
        stated = self._up_to(offsets[-1])
        if not self.is_there:
            return
        found = dict(zip(offsets, checksums(run.data, run.starts, run.sizes), strict=True))
        if stated == found:
            return
        for row, offset in enumerate(offsets):
            id_ = int(headers.ids[row]) if headers.fits[row] else None
            if offset not in stated:
                self._findings.add(Kind.NO_CHECKSUM, f"{self.path} has no line for it", offset=offset, id=id_)
            elif stated[offset] != found[offset]:
                message = "the payload is not what its checksum says"
                self._findings.add(Kind.CHANGED, message, offset=offset, id=id_)
        self._tell_lost(stated.keys() - found.keys())

    def finish(self) -> None:
        """After the last record."""
        while some := self._up_to(None):
            self._tell_lost(some.keys())

    def _up_to(self, last: int | None) -> dict[int, int]:
        """Offsets and checksums of the lines up to the offset ``last``; of some of those that are left where None."""
        stated: dict[int, int] = {}
        while self._line and (len(stated) < _LINES if last is None else self._line[0] <= last):
            stated[self._line[0]] = self._line[1]
            self._line = self._read()
        return stated

    def _read(self) -> tuple[int, int] | None:
        """The next line; None where there is none."""
        try:
            return next(self._lines, None)
        except RecordError as error:
            self._findings.add(Kind.CHECKSUMS, str(error))
            self.is_there = False
            return None

    def _tell_lost(self, offsets: Set[int]) -> None:
        message = f"{self.path} has a checksum for a record here"
        self._findings.add_many(Kind.LOST, len(offsets), (Example(message, offset) for offset in sorted(offsets)))
