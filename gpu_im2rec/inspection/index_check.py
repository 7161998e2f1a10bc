"""Whether the index beside a record file fits it: a line for every record, a record for every line, the right keys."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gpu_im2rec.errors import RecordError
from gpu_im2rec.inspection.findings import Example, Findings, Kind
from gpu_im2rec.inspection.record_checks import examples
from gpu_im2rec.recordio import index_of, read_index
from gpu_im2rec.recordio.block import Run
from gpu_im2rec.recordio.by_offset import KeysByOffset
from gpu_im2rec.recordio.headers import Headers


class IndexCheck:
    """Compares the index of ``rec`` with the records as they come: 17 bytes of memory a line.

    Keys must be the records' ids, unless they are the lines' numbers, as rec2idx.py has it.
    """

    def __init__(self, rec: Path, findings: Findings) -> None:
        self.path = index_of(rec)
        self.is_there = False  # and can be read
        self._findings = findings
        if not self.path.is_file():  # and not a pipe, for which one would wait
            findings.add(Kind.INDEX, f"{self.path} is missing; `gpu-im2rec index {rec}` makes it")
            return
        try:
            self._lines = KeysByOffset(read_index(self.path))
        except RecordError as error:
            findings.add(Kind.INDEX, str(error))
            return
        self.is_there = True
        self._pointed = np.zeros(len(self._lines), np.bool_)
        self._numbered = bool((self._lines.keys == np.arange(len(self._lines), dtype=np.uint64)).all())

    def see(self, run: Run, headers: Headers) -> None:
        """The next records of the file."""
        if not self.is_there:
            return
        lines = self._lines.rows(run.offsets)
        known = lines >= 0
        self._pointed[lines[known]] = True
        missing = np.flatnonzero(~known)
        self._findings.add_many(
            Kind.NOT_INDEXED, len(missing), examples(run, headers, missing, f"no line of {self.path} points here")
        )
        if not self._numbered and len(self._lines):
            keys = self._lines.keys[lines]
            wrong = np.flatnonzero(known & headers.fits & (keys != headers.ids))
            wrong_keys = (
                Example(f"its key is {keys[row]}, its id another", int(run.offsets[row]), int(headers.ids[row]))
                for row in wrong
            )
            self._findings.add_many(Kind.WRONG_KEY, len(wrong), wrong_keys)

    def finish(self) -> None:
        """After the last record."""
        if not self.is_there:
            return
        rest = np.flatnonzero(~self._pointed)
        twice = np.searchsorted(self._lines.offsets, self._lines.offsets[rest])  # the first line of the same offset
        rest = rest[~self._pointed[twice]]
        nowhere = (
            Example(f"no record starts where key {self._lines.keys[line]} points", int(self._lines.offsets[line]))
            for line in rest
        )
        self._findings.add_many(Kind.POINTS_NOWHERE, len(rest), nowhere)
        del self._lines, self._pointed  # what comes behind the walk needs memory, too
