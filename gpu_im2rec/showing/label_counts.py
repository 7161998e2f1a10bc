"""How often each label is there, in bounded memory: there are files with as many labels as records."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
from numpy.typing import NDArray


class LabelCounts:
    """Counts ``most`` different labels; of what comes behind them only the known ones."""

    def __init__(self, most: int) -> None:
        self.counts: Counter[float] = Counter()  # records by label
        self.complete = True  # False: there are more labels than are counted
        self._most = most

    def add(self, labels: NDArray[np.float32]) -> None:
        """(n,) labels of n more records. Any nan is ``math.nan``, one key, which a dict finds by its identity."""
        values, counts = np.unique(labels, return_counts=True)
        for value, count in zip(values.tolist(), counts.tolist(), strict=True):
            label = math.nan if math.isnan(value) else value
            if label in self.counts or len(self.counts) < self._most:
                self.counts[label] += count
            else:
                self.complete = False
