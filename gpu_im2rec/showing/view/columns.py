"""Ids and first labels of all records, read while the page is looked at already."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.showing.catalog import Catalog
from gpu_im2rec.showing.view.background import Background

_SLICE = 2048  # records a step
_MOST_LABELS = 1 << 16  # that are counted: there are files with as many labels as records


class Columns:
    """The first ``read`` of n records; 13 bytes of memory a record."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.fits = np.zeros(len(catalog), np.bool_)  # (n,) whether an image header is there
        self.ids = np.zeros(len(catalog), np.uint64)  # (n,) as in the image headers
        self.labels = np.zeros(len(catalog), np.float32)  # (n,) the first of each record
        self.read = 0
        self.counts: Counter[float] = Counter()  # records by first label
        self.counts_all = True  # whether every label is in ``counts``
        self.reading = Background(self._steps)

    def _steps(self) -> Iterator[None]:
        for start in range(0, len(self._catalog), _SLICE):
            stop = min(start + _SLICE, len(self._catalog))
            seen = self._catalog.glance(start, stop)
            self.fits[start:stop], self.ids[start:stop], self.labels[start:stop] = seen.fits, seen.ids, seen.labels
            self._count(seen.labels[seen.fits])
            self.read = stop
            yield

    def _count(self, labels: NDArray[np.float32]) -> None:
        values, counts = np.unique(labels, return_counts=True)
        for each, count in zip(values.tolist(), counts.tolist(), strict=True):
            value = math.nan if math.isnan(each) else each  # one key, which a dict finds by its identity
            if value in self.counts or len(self.counts) < _MOST_LABELS:
                self.counts[value] += count
            else:
                self.counts_all = False
