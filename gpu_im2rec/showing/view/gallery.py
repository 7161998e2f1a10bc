"""What the page shows: the records, what they are called, and the pictures that they were made from."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gpu_im2rec.errors import RecordError, UsageError
from gpu_im2rec.showing.catalog import Catalog
from gpu_im2rec.showing.class_names import label_text, read_class_names
from gpu_im2rec.showing.view.columns import Columns
from gpu_im2rec.showing.view.detail import Original, detail, original_detail
from gpu_im2rec.showing.view.selection import Selections, Wanted

if TYPE_CHECKING:
    from gpu_im2rec.showing.view.originals import Originals

_MOST_LABELS = 2000  # that the page offers for a choice


class Gallery:
    """The records of ``recs``; with ``root``, also the files that the list at ``list_path`` names for them.

    For any number of threads. Some 40 bytes of memory a record. Raises RecordError, ListError and UsageError.
    """

    def __init__(
        self, recs: Sequence[Path], *, root: Path | None = None, list_path: Path | None = None,
        classes: Path | None = None,
    ) -> None:  # fmt: skip
        if list_path and not root:
            raise UsageError("--list says which files the records were made from: give --root, where they are, too")
        self.catalog = Catalog(recs)
        self.columns = Columns(self.catalog)
        self._selections = Selections(self.catalog, self.columns)
        self._names = read_class_names(recs[0], classes)
        self._originals = _originals(recs, list_path, root) if root else None
        self.version = _version(self.catalog.shards.paths)

    def begin(self) -> None:
        """Start to read all ids and labels, and the list."""
        self.columns.reading.begin()
        if self._originals:
            self._originals.reading.begin()

    @property
    def is_ready(self) -> bool:
        """Whether all of it is read."""
        return self.columns.reading.done and (self._originals is None or self._originals.reading.done)

    def summary(self) -> dict[str, Any]:
        """The files, and what is known of the labels by now."""
        columns, paths = self.columns, self.catalog.shards.paths
        labels = sorted(columns.counts.copy().items(), key=lambda row: (math.isnan(row[0]), row[0]))
        return {
            "version": self.version,
            "files": [str(path) for path in paths],
            "records": len(self.catalog),
            "bytes": self.catalog.shards.size,
            "read": columns.read,
            "reading": not columns.reading.done,
            "problem": columns.reading.problem,
            "labels": [self._label(label) | {"count": count} for label, count in labels[:_MOST_LABELS]],
            "label_count": len(labels),
            "counts_all": columns.counts_all,
            "originals": str(self._originals.list) if self._originals else "",
        }

    def window(self, wanted: Wanted, start: int, count: int) -> dict[str, Any]:
        """``count`` records, or fewer at the end, of what is ``wanted``, from the ``start``-th on."""
        numbers, read = self._selections.of(wanted)
        some = numbers[start : start + count].tolist()
        seen = self.catalog.glance_at(some)
        rows = zip(some, seen.fits.tolist(), seen.ids.tolist(), seen.labels.tolist(), seen.counts.tolist(), strict=True)
        return {
            "total": len(numbers),
            "read": read,
            "start": start,
            "records": [
                {"number": number, "bytes": int(self.catalog.sizes[number])}
                | ({"id": str(id_), "labels": count, **self._label(label, named=count == 1)} if fits else {})
                for number, fits, id_, label, count in rows
            ],
        }

    def detail(self, number: int) -> dict[str, Any]:
        """All that is known of record ``number``."""
        values = detail(self.catalog, self._names, number)
        if self._originals and "id" in values:
            values["original"] = original_detail(self.original(number))
        return values

    def content(self, number: int) -> bytes:
        """The picture in record ``number``, as it is stored. Raises RecordError."""
        return bytes(self.catalog.record(number).content)

    def original(self, number: int) -> Original:
        """The picture that record ``number`` was made from."""
        if self._originals is None:
            return Original("", b"", "no root was given")
        if self.catalog.has_identities:
            return Original("", b"", "ids in insightface's layout are not the list's, so its line cannot be told")
        try:
            return self._originals.of(self.catalog.record(number).id)
        except RecordError as error:
            return Original("", b"", str(error))

    def close(self) -> None:
        """Stop what goes on in the background, and let go of the files."""
        self.columns.reading.close()
        if self._originals:
            self._originals.reading.close()
        self.catalog.close()

    def _label(self, label: float, *, named: bool = True) -> dict[str, str]:
        """The first of several labels may be anything, such as a count, and has no name."""
        return {"label": label_text(label), "name": self._names.of(label) if named else ""}


def _originals(recs: Sequence[Path], list_path: Path | None, root: Path) -> Originals:
    from gpu_im2rec.packing.paths import check_root  # noqa: PLC0415 (loads packing)
    from gpu_im2rec.showing.view.originals import Originals, list_of  # noqa: PLC0415

    check_root(root)
    return Originals(list_path or list_of(recs), root)


def _version(paths: Sequence[Path]) -> str:
    """What changes when the files do: a browser keeps pictures under it."""
    states = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in paths]
    return hashlib.blake2s(repr(states).encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
