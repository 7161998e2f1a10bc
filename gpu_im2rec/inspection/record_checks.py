"""What each record says of itself: padding, image header, labels, content. Many records at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.inspection.findings import Example, Findings, Kind
from gpu_im2rec.recordio.block import Run
from gpu_im2rec.recordio.headers import Headers
from gpu_im2rec.recordio.insightface import MAX_RECORDS
from gpu_im2rec.transcode.formats import format_of

_SNIFFED = 16  # bytes of a content that tell its format
_IDENTITY_LABELS = 2
_JPEG = np.uint32(0xFFD8FF)  # its first three bytes, low ones of a word


class RecordChecks:
    """Looks at every record, and at the end at what insightface's layout says of the whole."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._records = 0
        self._pictures = 0
        self._identities: list[Example] = []  # the first few
        self._identity_count = 0
        self.faces: int | None = None  # in insightface's layout what the record of key 0 says; else None

    def see(self, run: Run, headers: Headers) -> None:
        """The next records of the file."""
        self._records += len(run)
        self._check_padding(run, headers)
        self._check_headers(run, headers)
        self._check_labels(run, headers)
        self._check_content(run, headers)

    def finish(self) -> None:
        """After the last record."""
        if not self._records:
            self._findings.add(Kind.NO_RECORDS, "readers find none")
        if self.faces is None:
            self._findings.add_many(Kind.NO_PICTURE, self._identity_count, self._identities)
        elif self.faces != self._pictures and self.faces < MAX_RECORDS:
            self._findings.add(Kind.FACES, f"{self._pictures:,} pictures, but the record of key 0 says {self.faces:,}")

    def _check_padding(self, run: Run, headers: Headers) -> None:
        odd = run.sizes % 4
        padded = np.flatnonzero(odd)
        last_words = run.words[(run.starts + run.sizes)[padded] // 4]
        bad = padded[last_words >> (8 * odd[padded]).astype(np.uint32) != 0]
        self._findings.add_many(Kind.PADDING, len(bad), examples(run, headers, bad, "the padding is not zero"))

    def _check_headers(self, run: Run, headers: Headers) -> None:
        bad = np.flatnonzero(~headers.fits)
        message = "the payload is too short for an image header and the labels that it promises"
        self._findings.add_many(Kind.NO_HEADER, len(bad), examples(run, headers, bad, message))

    def _check_labels(self, run: Run, headers: Headers) -> None:
        nans = np.isnan(headers.labels)
        if nans.any():
            rows = np.unique(np.repeat(np.arange(len(run)), headers.counts)[nans])
            self._findings.add_many(Kind.NAN, len(rows), examples(run, headers, rows, "a label is nan"))

    def _check_content(self, run: Run, headers: Headers) -> None:
        sizes = np.where(headers.fits, run.sizes - headers.sizes, 0)
        filled = np.flatnonzero(sizes)
        self._pictures += len(filled)
        if len(filled) < np.count_nonzero(headers.fits):
            self._check_empty(run, headers, np.flatnonzero(headers.fits & (sizes == 0)))
        starts = (run.starts + headers.sizes)[filled]
        jpeg = run.words[starts // 4] & np.uint32(0xFFFFFF) == _JPEG
        unknown = [
            row
            for row, start in zip(filled[~jpeg].tolist(), starts[~jpeg].tolist(), strict=True)
            if not format_of(run.data[start : start + min(_SNIFFED, int(sizes[row]))])
        ]
        message = "the content begins like no image format"
        self._findings.add_many(Kind.NOT_AN_IMAGE, len(unknown), examples(run, headers, unknown, message))

    def _check_empty(self, run: Run, headers: Headers, empty: NDArray[np.intp]) -> None:
        identity = headers.flags[empty] == _IDENTITY_LABELS
        bad = empty[~identity]
        self._findings.add_many(Kind.NO_PICTURE, len(bad), examples(run, headers, bad, "no content"))
        identities = empty[identity]
        self._identity_count += len(identities)
        self._identities += examples(run, headers, identities[: 5 - len(self._identities)], "no content")
        zero = identities[headers.ids[identities] == 0]
        if len(zero):
            end_of_faces = float(headers.labels[headers.counts[: zero[0]].sum()])
            if end_of_faces.is_integer() and end_of_faces > 0:
                self.faces = int(end_of_faces) - 1


def examples(run: Run, headers: Headers, rows: NDArray[np.intp] | list[int], message: str) -> Iterator[Example]:
    """The records ``rows`` of ``run`` with the same message."""
    for row in rows:
        yield Example(message, int(run.offsets[row]), int(headers.ids[row]) if headers.fits[row] else None)
