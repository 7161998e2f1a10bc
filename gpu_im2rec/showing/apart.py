"""Files made from records, which never take their place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gpu_im2rec.packing.outputs import check_outputs
from gpu_im2rec.recordio.part_file import PartFile
from gpu_im2rec.recordio.publishing import publishing
from gpu_im2rec.showing.catalog import Catalog


@contextmanager
def publishing_apart(path: Path | None, catalog: Catalog, *, overwrite: bool) -> Iterator[PartFile | None]:
    """``publishing`` of ``path``, or None where there is none.

    Raises UsageError where ``path`` is a file that ``catalog`` reads, or where its folder is missing.
    """
    if path is None:
        yield None
        return
    check_outputs([path], catalog.files, overwrite=overwrite)
    with publishing(path, overwrite=overwrite) as file:
        yield file
