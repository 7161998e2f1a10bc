"""One index over shards that lie one behind the other, which DALI's reader needs: offsets run through all of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gpu_im2rec.recordio.index import Index

_BLOCK = 1 << 16  # lines


def index_lines(index: Index, start: int) -> Iterator[bytes]:
    """The lines of ``index``, some at a time, for records that begin ``start`` bytes further on."""
    for first in range(0, len(index), _BLOCK):
        some = index[first : first + _BLOCK]
        pairs = zip(some.keys.tolist(), (some.offsets + np.uint64(start)).tolist(), strict=True)
        yield b"".join([b"%d\t%d\n" % pair for pair in pairs])
