"""The image headers of many records at once, as columns: what `unpack_header` finds one by one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.recordio.block import Run
from gpu_im2rec.recordio.header import HEADER_BYTES


@dataclass(frozen=True, slots=True, eq=False)
class Headers:
    """Columns of n records; all but the first hold zeros where there is no header, or not all of its labels."""

    fits: NDArray[np.bool_]  # (n,) whether header and labels are there
    ids: NDArray[np.uint64]  # (n,) column 0 of the list
    flags: NDArray[np.uint32]  # (n,) packed labels; 0 for one label, in the header
    sizes: NDArray[np.int64]  # (n,) bytes of header and labels; the content follows
    counts: NDArray[np.int64]  # (n,) labels, wherever they are stored
    labels: NDArray[np.float32]  # (sum of counts,) of one record after the other


def read_headers(run: Run) -> Headers:
    """The headers of ``run``, read at once."""
    words = run.words
    fits = run.sizes >= HEADER_BYTES
    at = np.where(fits, run.starts // 4, 0)
    fixed = words[at[:, None] + np.arange(HEADER_BYTES // 4)] if fits.any() else np.zeros((len(run), 6), np.uint32)
    fits &= run.sizes >= HEADER_BYTES + 4 * fixed[:, 0].astype(np.int64)
    fixed[~fits] = 0
    flags, _, low, high, _, _ = fixed.T
    counts = np.where(fits, np.maximum(flags, 1), 0).astype(np.int64)
    first_label = at + np.where(flags > 0, HEADER_BYTES // 4, 1)
    before = np.cumsum(counts) - counts  # labels of the records above
    labels = words[np.repeat(first_label - before, counts) + np.arange(counts.sum())]
    return Headers(
        fits=fits,
        ids=low | high.astype(np.uint64) << np.uint64(32),
        flags=flags,
        sizes=np.where(fits, HEADER_BYTES + 4 * flags.astype(np.int64), 0),
        counts=counts,
        labels=labels.view("<f4"),
    )
