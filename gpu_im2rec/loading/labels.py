"""Labels for a batch: from the records themselves, or from a list, by id."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.errors import ListError, RecordError
from gpu_im2rec.lists import read_list
from gpu_im2rec.loading.shards import AnyPath
from gpu_im2rec.recordio.image_record import ImageRecord

Labels = NDArray[np.float32]


class LabelSource(Protocol):
    """Where labels come from."""

    def of(self, record: ImageRecord) -> Labels | float:
        """(width,) labels, or the one; raises RecordError with the cause and the next step."""
        ...


class RecordLabels:
    """The labels in the records, ``width`` each."""

    def __init__(self, width: int) -> None:
        self._width = width

    def of(self, record: ImageRecord) -> Labels | float:
        """See ``LabelSource``."""
        labels = 1 if isinstance(record.label, float) else len(record.label)
        if labels != self._width:
            if labels == 1:
                advice = "give path_imglist, or pack with --pack-label"
            else:
                advice = f"say label_width={labels}, or use RecordDataset where widths differ"
            raise RecordError(f"id {record.id} has {labels} label(s) and label_width is {self._width}: {advice}")
        return record.label


class ListLabels:
    """The ``width`` labels of the list at ``path`` for each id; those in the records do not count.

    The list is read as MXNet reads it: blanks or TABs between columns; of an id that stands there twice the last line
    counts. But a line with more labels, in columns between TABs, is refused, where MXNet takes the first ``width``.
    8 + 4 * ``width`` bytes of memory a line. Raises ListError for a line that is none, and for an empty list.
    """

    def __init__(self, path: AnyPath, width: int) -> None:
        ids, labels = array("Q"), array("f")
        for entry in read_list(path, label_width=width, dialect="c++"):
            ids.append(entry.index)
            labels.extend(entry.labels)
        if not ids:
            raise ListError(f"{path}: the list has no entry")
        unsorted = np.frombuffer(ids, np.uint64)
        order = np.argsort(unsorted, kind="stable")
        self._path = path
        self._ids = unsorted[order]
        self._labels = np.frombuffer(labels, np.float32).reshape(-1, width)[order]

    def of(self, record: ImageRecord) -> Labels | float:
        """See ``LabelSource``."""
        place = int(np.searchsorted(self._ids, np.uint64(record.id), side="right")) - 1
        if place < 0 or self._ids[place] != record.id:
            raise RecordError(f"id {record.id} is not in {self._path}; give the list that the records were packed from")
        labels: Labels = self._labels[place]
        return labels


def as_batch(labels: Sequence[Labels | float], width: int) -> Labels:
    """(n,) float32 for a width of 1, else (n, width)."""
    batch = np.array(labels, np.float32)
    return batch.reshape(-1) if width == 1 else batch.reshape(-1, width)
