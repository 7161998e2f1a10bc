"""An index the other way round: which key the record at an offset has."""

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.recordio.index import Index


class KeysByOffset:
    """The lines of ``index``, sorted by offset."""

    def __init__(self, index: Index) -> None:
        if not (index.offsets[1:] > index.offsets[:-1]).all():
            order = np.argsort(index.offsets, kind="stable")
            index = Index(index.keys[order], index.offsets[order])
        self.keys = index.keys  # (n,) uint64
        self.offsets = index.offsets  # (n,) uint64, bytes; several lines may have the same

    def __len__(self) -> int:
        return len(self.keys)

    def rows(self, offsets: NDArray[np.int64]) -> NDArray[np.intp]:
        """(n,) the line of each of ``offsets``, the first of several; -1 where there is none."""
        wanted = offsets.astype(np.uint64)
        rows = np.searchsorted(self.offsets, wanted)
        rows[rows == len(self)] = -1
        if len(self):
            rows[self.offsets[rows] != wanted] = -1
        return rows
