"""What is in a record file, for a page: counts of all records, and a closer look at an even sample."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.errors import RecordError
from gpu_im2rec.lists.detection import boxes
from gpu_im2rec.showing.catalog import Catalog
from gpu_im2rec.showing.label_counts import LabelCounts
from gpu_im2rec.transcode.formats import format_of, upright_size_of

_GLANCE = 4096  # records at a time
_SAMPLE = 2048  # records whose picture's header is read
_PICTURES = 24  # that are shown
_LABELS = 100_000  # different ones that are counted


@dataclass(frozen=True)
class Contents:
    """The n records of one file, or of a set."""

    rec: Path  # or the manifest of the set
    bytes: int  # of all record files
    records: int
    ids: tuple[int, int]  # the smallest and the largest
    sizes: NDArray[np.int64]  # (n,) bytes that each record takes, its head and padding included
    labels: Counter[float]  # the first label of each record; nan is one label
    labels_complete: bool  # False: there are more than 100,000 different ones
    label_widths: Counter[int]
    unreadable: int  # records whose header cannot be read: they count in none of the above but ``sizes``
    sampled: int  # records, evenly over the file, of which are
    formats: Counter[str]
    dimensions: Counter[tuple[int, int]]  # (width, height), upright; of JPEGs and PNGs
    objects: Counter[int]  # by class, where the labels are boxes
    shown: list[int]  # numbers of the records that a page shows, evenly over the file

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; counters as rows, the most frequent first.

        A label that is nan or infinite is null.
        """
        sizes = self.sizes
        return {
            "rec": str(self.rec),
            "bytes": self.bytes,
            "records": self.records,
            "ids": list(self.ids),
            "smallest": int(sizes.min()),
            "median": float(np.median(sizes)),
            "largest": int(sizes.max()),
            "labels": [[label if math.isfinite(label) else None, count] for label, count in self.labels.most_common()],
            "labels_complete": self.labels_complete,
            "label_widths": [[width, count] for width, count in self.label_widths.most_common()],
            "unreadable": self.unreadable,
            "sampled": self.sampled,
            "formats": dict(self.formats.most_common()),
            "objects": [[label, count] for label, count in self.objects.most_common()],
            "dimensions": [[*size, count] for size, count in self.dimensions.most_common()],
        }  # fmt: skip


def look_into(rec: Path, catalog: Catalog, progress: Callable[[int, int], None] = lambda done, total: None) -> Contents:
    """The records of ``catalog``, which is of ``rec``: a short read each, and a whole one of 2,048.

    ``progress`` is told of records done and of all. Raises OSError where the disk fails.
    """
    total = len(catalog)
    counts = _Counts()
    for start in range(0, total, _GLANCE):
        progress(start, total)
        counts.add(catalog, start, min(start + _GLANCE, total))
    progress(total, total)
    sample = evenly(total, _SAMPLE)
    formats: Counter[str] = Counter()
    dimensions: Counter[tuple[int, int]] = Counter()
    objects: Counter[int] = Counter()
    for number in sample:
        content, labels = _read(catalog, number)
        objects.update(box.class_id for box in boxes(labels))
        formats[format_of(content) or ("unknown" if content else "empty")] += 1
        if size := upright_size_of(content):
            dimensions[size] += 1
    return Contents(
        rec=rec,
        bytes=catalog.shards.size,
        records=total,
        ids=counts.ids,
        sizes=catalog.sizes,
        labels=counts.labels.counts,
        labels_complete=counts.labels.complete,
        label_widths=counts.widths,
        unreadable=counts.unreadable,
        sampled=len(sample),
        formats=formats,
        dimensions=dimensions,
        objects=objects,
        shown=evenly(total, _PICTURES),
    )


def evenly(total: int, most: int) -> list[int]:
    """``most`` numbers of 0 … ``total`` - 1, or all of them, equally far apart."""
    if total <= most:
        return list(range(total))
    return [number * total // most + total // (2 * most) for number in range(most)]


def _read(catalog: Catalog, number: int) -> tuple[bytes, list[float]]:
    """Content and labels; nothing of a record that cannot be read."""
    try:
        record = catalog.record(number)
    except RecordError:
        return b"", []
    return bytes(record.content), np.atleast_1d(np.float32(record.label)).tolist()


class _Counts:
    def __init__(self) -> None:
        self.labels = LabelCounts(_LABELS)
        self.widths: Counter[int] = Counter()
        self.unreadable = 0
        self.ids = (0, 0)
        self._seen = False

    def add(self, catalog: Catalog, start: int, stop: int) -> None:
        """The next records."""
        seen = catalog.glance(start, stop)
        fits = seen.fits
        self.unreadable += int((~fits).sum())
        if not fits.any():
            return
        ids = seen.ids[fits]
        low, high = int(ids.min()), int(ids.max())
        self.ids = (min(self.ids[0], low), max(self.ids[1], high)) if self._seen else (low, high)
        self._seen = True
        self.labels.add(seen.labels[fits])
        widths, counts = np.unique(seen.counts[fits], return_counts=True)
        self.widths.update(dict(zip(widths.tolist(), counts.tolist(), strict=True)))
