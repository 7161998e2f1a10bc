"""Record files joined to one: their bytes one behind the other, and the lines of their indices moved along."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from gpu_im2rec.lists import DuplicateIndices
from gpu_im2rec.recordio.index import index_lines
from gpu_im2rec.recordio.part_file import PartFile
from gpu_im2rec.sharding.source import Source


def copy_records(sources: Sequence[Source], rec: PartFile, progress: Callable[[int, int], object]) -> None:
    """The record files as they are, by the system's own copy. Raises RecordError where one changes meanwhile."""
    total = sum(source.bytes for source in sources)
    for source in sources:
        rec.copy(source.rec, lambda: progress(rec.size, total), stop=source.bytes)


def write_index(sources: Sequence[Source], idx: PartFile) -> DuplicateIndices:
    """One index over all of them → the keys that are there twice."""
    start, keys = 0, DuplicateIndices()
    for source in sources:
        for lines in source.index(start):
            idx.write([index_lines(lines)])
            keys.add_many(lines.keys)
        start += source.bytes
    return keys


def write_checksums(sources: Sequence[Source], crc: PartFile) -> None:
    """The checksums of all of them."""
    start = 0
    for source in sources:
        for lines in source.checksums(start):
            crc.write([lines.text()])
        start += source.bytes


def copy_all(paths: Sequence[Path], file: PartFile) -> None:
    """Files of lines, one behind the other."""
    for path in paths:
        file.copy(path, lambda: None)
