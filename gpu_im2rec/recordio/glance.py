"""The image headers of records at known places, as columns, from the first bytes of each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.recordio.framing import HEAD_BYTES, MAGIC
from gpu_im2rec.recordio.header import HEADER_BYTES

GLANCE_BYTES = HEAD_BYTES + HEADER_BYTES + 4  # with the first of packed labels

_FIRST_OF_PACKED = GLANCE_BYTES // 4 - 1  # in words
_LENGTH_MASK = (1 << 29) - 1


@dataclass(frozen=True, slots=True, eq=False)
class Glance:
    """Columns of n records; all but the first hold zeros where ``fits`` is False."""

    fits: NDArray[np.bool_]  # (n,) whether an image header is there, in one piece
    ids: NDArray[np.uint64]  # (n,) column 0 of the list
    labels: NDArray[np.float32]  # (n,) the first label, wherever it is stored
    counts: NDArray[np.int64]  # (n,) labels
    sizes: NDArray[np.int64]  # (n,) bytes of the content, where the record is one part


def glance(starts: Sequence[bytes]) -> Glance:
    """The headers of n records, of each of which ``starts`` has the first GLANCE_BYTES; fewer where the file ends."""
    words = np.frombuffer(b"".join(start.ljust(GLANCE_BYTES, b"\0") for start in starts), "<u4")
    return _glance(words.reshape(-1, GLANCE_BYTES // 4))


def glance_inside(data: bytes, offsets: NDArray[np.int64]) -> Glance:
    """The headers of the n records that begin at ``offsets`` of ``data``, multiples of 4."""
    words = np.frombuffer(data + bytes(GLANCE_BYTES + -len(data) % 4), "<u4")
    return _glance(words[offsets[:, None] // 4 + np.arange(GLANCE_BYTES // 4)])


def _glance(words: NDArray[np.uint32]) -> Glance:
    lengths = (words[:, 1] & _LENGTH_MASK).astype(np.int64)
    flags = words[:, 2].astype(np.int64)
    before = HEADER_BYTES + 4 * flags
    whole = (words[:, 1] >> 29 == 0) & (lengths >= before)
    cut = (words[:, 1] >> 29 == 1) & (lengths >= GLANCE_BYTES - HEAD_BYTES)  # a first part that holds what is read
    fits = (words[:, 0] == np.uint32(MAGIC)) & (whole | cut)
    first = np.where(flags > 0, words[:, _FIRST_OF_PACKED], words[:, 3]).astype(np.uint32).view("<f4")
    return Glance(
        fits=fits,
        ids=np.where(fits, words[:, 4] | words[:, 5].astype(np.uint64) << np.uint64(32), np.uint64(0)),
        labels=np.where(fits, first, np.float32(0)),
        counts=np.where(fits, np.maximum(flags, 1), 0),
        sizes=np.where(fits & whole, lengths - before, 0),
    )
