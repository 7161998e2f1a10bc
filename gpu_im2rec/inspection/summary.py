"""What is in a .rec file, in numbers, whoever wrote it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from gpu_im2rec.errors import RecordError
from gpu_im2rec.inspection.no_records import with_next_step
from gpu_im2rec.lists import DuplicateIndices
from gpu_im2rec.loading.places import is_identity
from gpu_im2rec.recordio import index_of, iter_records, read_index
from gpu_im2rec.transcode.formats import format_of

_LABELS_COUNTED = 100_000  # distinct first labels; beyond that memory would grow with the file
_SNIFFED = 16  # bytes of a record's content that tell its format


@dataclass(slots=True)
class Summary:
    """Counts over all records of one file. Sizes in bytes."""

    rec: Path
    bytes: int = 0
    records: int = 0  # but for insightface's without a picture
    identities: int = 0  # those
    smallest: int = 0  # content of one record
    largest: int = 0
    ids: tuple[int, int] | None = None  # smallest and largest
    duplicate_ids: int = 0
    formats: Counter[str] = field(default_factory=Counter)  # by first bytes; "empty" and "unknown" besides
    label_widths: Counter[int] = field(default_factory=Counter)
    labels: Counter[float] = field(default_factory=Counter)  # the first label of each record
    labels_complete: bool = True  # False: more distinct labels than are counted
    index: str = ""  # whether the .idx beside it fits, in words
    index_fits: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; labels as [label, count] pairs, the most frequent first."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return values | {"rec": str(self.rec), "labels": [list(pair) for pair in self.labels.most_common()]}


def summarize(rec: Path) -> Summary:
    """Walk through ``rec`` once, in bounded memory. Raises RecordError where the file breaks the format."""
    try:
        return _summary(rec)
    except RecordError as error:
        raise with_next_step(error, rec) from None


def _summary(rec: Path) -> Summary:
    summary = Summary(rec, bytes=rec.stat().st_size)
    offsets = _IndexOffsets(index_of(rec))
    seen = DuplicateIndices()
    for record in iter_records(rec):
        offsets.expect(record.offset)
        if is_identity(record.payload):
            summary.identities += 1
            continue
        header, content = record.header, record.content
        size = len(content)
        first = summary.records == 0
        summary.records += 1
        summary.smallest = size if first else min(summary.smallest, size)
        summary.largest = max(summary.largest, size)
        low, high = summary.ids or (header.index, header.index)
        summary.ids = (min(low, header.index), max(high, header.index))
        summary.duplicate_ids += seen.add(header.index)
        summary.formats[_format(bytes(content[:_SNIFFED]))] += 1
        summary.label_widths[len(header.labels)] += 1
        _count_label(summary, float(header.labels[0]))
    summary.index, summary.index_fits = offsets.verdict()
    return summary


def _format(start: bytes) -> str:
    return (format_of(start) or "unknown") if start else "empty"


def _count_label(summary: Summary, label: float) -> None:
    if label in summary.labels or len(summary.labels) < _LABELS_COUNTED:
        summary.labels[label] += 1
    else:
        summary.labels_complete = False


class _IndexOffsets:
    """Compares the offsets in an .idx with the records as they come."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._problem = ""
        self._offsets = np.empty(0, np.uint64)
        self._records = 0
        try:
            self._offsets = np.sort(read_index(path).offsets)
        except FileNotFoundError:
            self._problem = "missing"
        except RecordError as error:
            self._problem = str(error)

    def expect(self, offset: int) -> None:
        """Note the next record's offset."""
        position, self._records = self._records, self._records + 1
        if not self._problem and (position >= len(self._offsets) or int(self._offsets[position]) != offset):
            self._problem = f"does not list the record at offset {offset}"

    def verdict(self) -> tuple[str, bool]:
        """In words, and whether the index is good."""
        if not self._problem and len(self._offsets) > self._records:
            self._problem = f"lists {len(self._offsets) - self._records} records more than there are"
        if self._problem:
            return f"{self._path}: {self._problem}; `gpu-im2rec index` makes a new one", False
        return f"{self._path}: fits", True
