"""Which records are shown, and in which order."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.showing.catalog import Catalog
from gpu_im2rec.showing.view.columns import Columns

Order = Literal["file", "largest", "smallest"]
ORDERS: tuple[Order, ...] = get_args(Order)

Numbers = NDArray[np.unsignedinteger[Any]]


class Wanted(NamedTuple):
    """What to show. None stands for any label, any id."""

    order: Order = "file"
    label: float | None = None  # the first one; nan finds nan
    id: int | None = None


class Selection(NamedTuple):
    """The records found so far."""

    numbers: Numbers  # (m,) in the order that is wanted; records of the same size are in the file's order
    read: int  # records of which labels and ids were known by then


class Selections:
    """Finds what is ``Wanted`` among the records of ``catalog``; 4 bytes of memory a record and order."""

    def __init__(self, catalog: Catalog, columns: Columns) -> None:
        self._catalog, self._columns = catalog, columns
        self._type = np.uint32 if len(catalog) <= 1 << 32 else np.uint64
        self._orders: dict[Order, Numbers] = {}  # of all records
        self._found = lru_cache(maxsize=4)(self._find)

    def of(self, wanted: Wanted) -> Selection:
        """What is found by now. Without a label or an id that is every record at once."""
        if wanted.label is None and wanted.id is None:
            return Selection(self._all(wanted.order), self._columns.read)
        read = self._columns.read
        return Selection(self._found(wanted, read), read)

    def _find(self, wanted: Wanted, read: int) -> Numbers:
        columns = self._columns
        found = columns.fits[:read].copy()
        if wanted.label is not None:
            label, labels = np.float32(wanted.label), columns.labels[:read]
            found &= np.isnan(labels) if np.isnan(label) else labels == label
        if wanted.id is not None:
            found &= columns.ids[:read] == np.uint64(wanted.id)
        return self._ordered(np.flatnonzero(found), wanted.order)

    def _all(self, order: Order) -> Numbers:
        if order not in self._orders:
            self._orders[order] = self._ordered(np.arange(len(self._catalog)), order)
        return self._orders[order]

    def _ordered(self, numbers: NDArray[np.intp], order: Order) -> Numbers:
        if order != "file":
            sizes = self._catalog.sizes[numbers]
            numbers = numbers[np.argsort(-sizes if order == "largest" else sizes, kind="stable")]
        return numbers.astype(self._type)
