"""One index over shards that lie one behind the other, which DALI's reader needs: offsets run through all of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gpu_im2rec.recordio.index import Index
from gpu_im2rec.recordio.index import index_lines as lines_of

_BLOCK = 1 << 16  # lines


def index_lines(index: Index, start: int) -> Iterator[bytes]:
    """The lines of ``index``, in pieces, for records that begin ``start`` bytes further on, or back if negative."""
    moved = np.uint64(start % (1 << 64))  # sums of uint64 are taken so, too
    for first in range(0, len(index), _BLOCK):
        some = index[first : first + _BLOCK]
        yield lines_of(Index(some.keys, some.offsets + moved))
