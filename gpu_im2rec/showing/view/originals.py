"""The pictures that the records were made from, found by the list: id → path → file below the root."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.errors import StorageError, UsageError
from gpu_im2rec.lists import read_list
from gpu_im2rec.packing.root import Root
from gpu_im2rec.recordio import beside
from gpu_im2rec.showing.packed_from import list_named_by
from gpu_im2rec.showing.view.background import Background
from gpu_im2rec.showing.view.detail import Original
from gpu_im2rec.transcode import Failure

_LINES = 4096  # a step


class Originals:
    """Reads the files below ``root`` that the list at ``path`` names. 24 bytes of memory a line, and its path.

    Lines that are no entries are passed over. For any number of threads.
    """

    def __init__(self, path: Path, root: Path) -> None:
        self.list = path
        self._root = Root(root)
        self.reading = Background(self._steps)
        self._ids: NDArray[np.uint64] = np.zeros(0, np.uint64)  # (n,) ascending
        self._rows: NDArray[np.intp] = np.zeros(0, np.intp)  # (n,) which line's each is
        self._ends = array("Q")  # (n,) of each path among ``_paths``
        self._paths = bytearray()

    def _steps(self) -> Iterator[None]:
        ids = array("Q")
        for entry in read_list(self.list, on_malformed=lambda _: None):
            ids.append(entry.index)
            self._paths += os.fsencode(entry.path)
            self._ends.append(len(self._paths))
            if len(ids) % _LINES == 0:
                yield
        unsorted = np.frombuffer(ids, np.uint64) if ids else self._ids
        self._rows = np.argsort(unsorted, kind="stable")
        self._ids = unsorted[self._rows]

    def of(self, id_: int) -> Original:
        """The original of the record that has this id."""
        if not self.reading.done:
            return Original("", b"", f"the list is being read, {len(self._ends):,} lines so far")
        if self.reading.problem:
            return Original("", b"", self.reading.problem)
        first, last = (int(np.searchsorted(self._ids, np.uint64(id_), side)) for side in ("left", "right"))
        if first == last:
            return Original("", b"", f"{self.list} has no line of id {id_}")
        if last > first + 1:
            return Original("", b"", f"{self.list} has {last - first} lines of id {id_}: which is meant cannot be told")
        return self._read(self._path(int(self._rows[first])))

    def _path(self, row: int) -> str:
        start = self._ends[row - 1] if row else 0
        return os.fsdecode(bytes(self._paths[start : self._ends[row]]))

    def _read(self, path: str) -> Original:
        try:
            content = self._root.read(path)
        except StorageError as error:
            return Original(path, b"", str(error))
        if isinstance(content, Failure):
            return Original(path, b"", f"{content.reason}: {content.message}")
        return Original(path, content, "")


def list_of(recs: Sequence[Path]) -> Path:
    """The list that all of ``recs`` were packed from: which the report beside each names, or the one beside it.

    Raises UsageError where there is none, or more than one.
    """
    lists = {path.resolve(): path for path in map(_list_of, recs) if path}
    if len(lists) != 1:
        found = f"{len(lists)} lists are" if lists else "no list is"
        raise UsageError(f"{found} beside {recs[0]}: give the one that it was packed from with --list")
    return next(iter(lists.values()))


def _list_of(rec: Path) -> Path | None:
    return next((path for path in (list_named_by(rec), beside(rec, ".lst")) if path and path.is_file()), None)
