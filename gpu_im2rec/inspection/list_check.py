"""Whether the records are those that a list names: each entry's record with its labels, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.inspection.census import Census
from gpu_im2rec.inspection.failed import FailedLine
from gpu_im2rec.inspection.findings import Example, Findings, Kind
from gpu_im2rec.inspection.labels import digests
from gpu_im2rec.lists import Entry
from gpu_im2rec.packing.lines import Line
from gpu_im2rec.recordio import unframe, unpack_header
from gpu_im2rec.recordio.scan import FileBytes

_LINES = 4096  # compared at a time


class Match(NamedTuple):
    """An entry and its record."""

    entry: Entry
    offset: int  # bytes


class ListCheck:
    """Finds the record of every entry: the next one, as long as records come in list order, or else by its id.

    In insightface's layout (``faces`` of them) ids are not the list's: there the k-th entry is record k, from 1.
    A byte of memory a record beyond the census, and 8 more once an entry is out of order.
    """

    def __init__(self, rec: Path, census: Census, faces: int | None, findings: Findings) -> None:
        self._rec, self._census, self._findings = rec, census, findings
        self._in_order = faces is not None
        self._next = 0  # the row of the census that the next entry should be
        self._taken = np.zeros(len(census.ids), np.bool_)
        if self._in_order:
            self._taken[census.empty] = True  # identities
        self.records = len(census.ids)
        self.entries = 0  # that should have a record
        self._perhaps_mended: list[FailedLine] = []

    def matches(self, lines: Iterator[Line | FailedLine]) -> Iterator[Match]:
        """Every entry with its record, in list order. After the last, what the list does not name is found, too."""
        with self._rec.open("rb") as file:
            source = FileBytes(file)
            while some := list(islice(lines, _LINES)):
                yield from self._match(self._only_entries(some), source)
            for failed in self._perhaps_mended:  # once all others have their record
                if self._has_record(failed.index):
                    yield from self._match(self._only_entries([failed.line]), source)
                else:
                    failed.tell(self._findings)
        rest = np.flatnonzero(~self._taken)
        census = self._census
        unnamed = (Example("the list does not name it", int(census.offsets[row]), int(census.ids[row])) for row in rest)
        self._findings.add_many(Kind.NOT_LISTED, len(rest), unnamed)

    def _only_entries(self, lines: list[Line | FailedLine]) -> list[Entry]:
        entries = []
        for line in lines:
            if isinstance(line, Entry):
                entries.append(line)
            elif isinstance(line, FailedLine):
                if self._has_record(line.index):
                    self._perhaps_mended.append(line)
                else:
                    line.tell(self._findings)
            else:
                self._findings.add(Kind.MALFORMED_LINE, f"{line.text}: {line.message}", line=line.line)
        return entries

    def _match(self, entries: list[Entry], source: FileBytes) -> Iterator[Match]:
        if not entries:
            return
        ids = np.array([entry.index for entry in entries], np.uint64)
        if self._in_order:
            ids = np.arange(self.entries + 1, self.entries + 1 + len(entries), dtype=np.uint64)
        self.entries += len(entries)
        rows = self._rows_of(ids)
        differ = self._labels_differ(entries, rows)
        for number, (entry, row) in enumerate(zip(entries, rows.tolist(), strict=True)):
            if row < 0:
                message = f"no record for {entry.path!r}"
                self._findings.add(Kind.MISSING, message, id=int(ids[number]), line=entry.line)
                continue
            offset = int(self._census.offsets[row])
            if differ[number]:
                self._tell_labels(entry, offset, source)
            yield Match(entry, offset)

    def _rows_of(self, ids: NDArray[np.uint64]) -> NDArray[np.intp]:
        """(n,) the row of each of ``ids``, which is taken; -1 where there is none."""
        rows = np.full(len(ids), -1)
        done = 0
        while done < len(ids):
            window = slice(self._next, self._next + len(ids) - done)
            there = self._census.ids[window]
            same = (there == ids[done : done + len(there)]) & ~self._taken[window]
            steps = len(same) if same.all() else int(same.argmin())
            rows[done : done + steps] = np.arange(self._next, self._next + steps)
            self._taken[self._next : self._next + steps] = True
            done, self._next = done + steps, self._next + steps
            if done < len(ids):
                rows[done] = row = self._find(ids[done])
                done += 1
                if row >= 0:
                    self._taken[row] = True
                    self._next = row + 1
        return rows

    def _find(self, id_: np.uint64) -> int:
        """The first record of this id that no entry has taken, if possible one that is still ahead; or -1."""
        census = self._census
        first, last = (int(np.searchsorted(census.ids, id_, side, sorter=census.by_id)) for side in ("left", "right"))
        rows = census.by_id[first:last]
        rows = rows[~self._taken[rows]]
        ahead = rows[rows >= self._next]
        return int(next(iter([*ahead[:1], *rows[:1]]), -1))

    def _labels_differ(self, entries: list[Entry], rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        """(n,) whether the record at each row holds neither all labels of its entry nor the first alone."""
        counts = np.array([len(entry.labels) for entry in entries])
        flat = np.array([label for entry in entries for label in entry.labels], np.float32)
        firsts = flat[np.cumsum(counts) - counts]
        stored = self._census.labels[rows] if len(self._census.labels) else np.zeros(len(rows), np.uint64)
        first_alone = digests(firsts, np.ones(len(counts), np.int64))
        differ: NDArray[np.bool_] = (stored != digests(flat, counts)) & (stored != first_alone)
        return differ

    def _has_record(self, index: int | None) -> bool:
        """Whether there is one that no entry has taken. Never in insightface's layout, to which nothing is appended."""
        return index is not None and not self._in_order and self._find(np.uint64(index)) >= 0

    def _tell_labels(self, entry: Entry, offset: int, source: FileBytes) -> None:
        header, _ = unpack_header(unframe(source, offset)[0])
        message = f"labels {_listed(header.labels.tolist())} in the record, {_listed(entry.labels)} in the list"
        self._findings.add(Kind.WRONG_LABELS, message, offset=offset, id=header.index, line=entry.line)


def _listed(labels: list[float] | tuple[float, ...]) -> str:
    return ", ".join(str(np.float32(label)) for label in labels[:8]) + (" …" if len(labels) > 8 else "")
