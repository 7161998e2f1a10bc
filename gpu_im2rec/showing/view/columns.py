"""Ids and first labels of all records, read while the page is looked at already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from gpu_im2rec.showing.catalog import Catalog
from gpu_im2rec.showing.label_counts import LabelCounts
from gpu_im2rec.showing.view.background import Background

_SLICE = 2048  # records a step
_MOST_LABELS = 1 << 16  # that are counted


class Columns:
    """The first ``read`` of n records; 13 bytes of memory a record."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.fits = np.zeros(len(catalog), np.bool_)  # (n,) whether an image header is there
        self.ids = np.zeros(len(catalog), np.uint64)  # (n,) as in the image headers
        self.labels = np.zeros(len(catalog), np.float32)  # (n,) the first of each record
        self.read = 0
        self._counted = LabelCounts(_MOST_LABELS)
        self.reading = Background(self._steps)

    @property
    def counts(self) -> Counter[float]:
        """Records by first label."""
        return self._counted.counts

    @property
    def counts_all(self) -> bool:
        """Whether every label is in ``counts``."""
        return self._counted.complete

    def _steps(self) -> Iterator[None]:
        for start in range(0, len(self._catalog), _SLICE):
            stop = min(start + _SLICE, len(self._catalog))
            seen = self._catalog.glance(start, stop)
            self.fits[start:stop], self.ids[start:stop], self.labels[start:stop] = seen.fits, seen.ids, seen.labels
            self._counted.add(seen.labels[seen.fits])
            self.read = stop
            yield
