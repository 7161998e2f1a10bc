"""From a record file to its page."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpu_im2rec.recordio import beside
from gpu_im2rec.showing.apart import publishing_apart
from gpu_im2rec.showing.catalog import Catalog
from gpu_im2rec.showing.class_names import read_class_names
from gpu_im2rec.showing.report.contents import Contents, look_into
from gpu_im2rec.showing.report.page import render
from gpu_im2rec.showing.report.run import Run, run_of


@dataclass(frozen=True)
class Report:
    """What was found, and where the page is."""

    contents: Contents
    run: Run | None
    note: str  # why there is no run
    page: Path | None  # None where none was asked for

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; the run's own file is beside the records."""
        return self.contents.to_dict() | {"page": self.page and str(self.page), "note": self.note}


def page_of(rec: Path) -> Path:
    """Where the page about ``rec`` goes, unless another place is asked for."""
    return beside(rec, ".report.html")


def make_report(
    rec: Path, page: Path | None = None, class_names: Path | None = None,
    *, overwrite: bool = False, progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:  # fmt: skip
    """Look into ``rec`` and, if ``page`` is a path, write the page about it there.

    ``class_names`` is a file of names, one a line; by default ``classes.txt`` beside ``rec``. Memory: 16 bytes a
    record, and some megabytes. ``progress`` is told of records done and of all.

    Raises RecordError, ListError for names that cannot be read, OutputExistsError unless ``overwrite``, UsageError for
    a ``page`` that is ``rec`` itself, OSError.
    """
    with closing(Catalog(rec)) as catalog, publishing_apart(page, catalog, overwrite=overwrite) as file:
        names = read_class_names(rec, class_names)
        contents = look_into(rec, catalog, progress)
        run, note = run_of(rec, catalog.shards.size)
        if file:
            file.write([render(catalog, contents, run, names, note).encode("utf-8", "replace")])
    return Report(contents, run, note, page)
