"""Where each record is, and what its header says, in 24 bytes a record: for what needs all of them at once."""

from __future__ import annotations

from array import array
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.inspection.findings import Example, Findings, Kind
from gpu_im2rec.inspection.labels import digests
from gpu_im2rec.recordio.block import Run
from gpu_im2rec.recordio.headers import Headers


class Census:
    """Columns of the n records that have an image header, in the order of the file; there after ``finish``."""

    ids: NDArray[np.uint64]  # (n,)
    offsets: NDArray[np.uint64]  # (n,) bytes
    labels: NDArray[np.uint64]  # (n,) digests
    empty: NDArray[np.uint64]  # which of the n have no content

    def __init__(self, findings: Findings) -> None:
        self.records = 0  # those without a header, too
        self._findings = findings
        self._ids, self._offsets, self._labels, self._empty = (array("Q") for _ in range(4))

    def see(self, run: Run, headers: Headers) -> None:
        """The next records of the file."""
        fits = headers.fits
        rows_before = len(self._ids)
        self.records += len(run)
        self._ids.frombytes(headers.ids[fits].tobytes())
        self._offsets.frombytes(run.offsets[fits].tobytes())
        self._labels.frombytes(digests(headers.labels, headers.counts[fits]).tobytes())
        self._empty.frombytes((rows_before + np.flatnonzero((run.sizes == headers.sizes)[fits])).tobytes())

    def finish(self) -> None:
        """After the last record."""
        columns = (self._ids, self._offsets, self._labels, self._empty)
        self.ids, self.offsets, self.labels, self.empty = (np.frombuffer(column, np.uint64) for column in columns)
        if not (self.ids[1:] > self.ids[:-1]).all():
            ordered = self.ids[self.by_id]
            later = self.by_id[1:][ordered[1:] == ordered[:-1]]
            self._findings.add_many(Kind.DUPLICATE_IDS, len(later), (self._duplicate(int(row)) for row in later))

    @cached_property
    def by_id(self) -> NDArray[np.intp]:
        """(n,) the rows sorted by id; in the order of the file where ids are equal."""
        return np.argsort(self.ids, kind="stable")

    def _duplicate(self, row: int) -> Example:
        message = "an earlier record has this id; readers find only one of them"
        return Example(message, int(self.offsets[row]), int(self.ids[row]))
