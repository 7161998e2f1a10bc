"""The first label of every record, in 5 bytes a record."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.errors import RecordError
from gpu_im2rec.inspection import Step
from gpu_im2rec.lists.detection import boxes
from gpu_im2rec.showing.catalog import Catalog
from gpu_im2rec.showing.sheet.choosing import Labels

_AT_ONCE = 4096


def first_labels(catalog: Catalog, progress: Callable[[Step], None]) -> tuple[Labels, NDArray[np.bool_]]:
    """(n,) float32 labels, and (n,) whether each record's header could be read. Raises RecordError for a bad disk."""
    records = len(catalog)
    labels, fits = np.zeros(records, np.float32), np.zeros(records, np.bool_)
    for start in range(0, records, _AT_ONCE):
        stop = min(start + _AT_ONCE, records)
        try:
            seen = catalog.glance(start, stop)
        except OSError as error:
            path, offset = catalog.place(start)
            raise RecordError(f"{path}: offset {offset} or behind: {error.strerror or error}") from error
        labels[start:stop], fits[start:stop] = seen.labels, seen.fits
        progress(Step(stop, records, "records"))
    return labels, fits


def are_boxes(catalog: Catalog, fits: NDArray[np.bool_]) -> bool:
    """Whether the first record that can be read has detection labels: then its first label is no class."""
    for number in np.flatnonzero(fits)[:1].tolist():
        try:
            return bool(boxes(np.atleast_1d(catalog.record(number).label)))
        except RecordError:
            return False
    return False
