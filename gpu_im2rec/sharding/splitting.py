"""A record file cut into a set of shards; no picture is decoded, no record changed."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from gpu_im2rec.errors import OutputExistsError, RecordError, UsageError
from gpu_im2rec.packing import Part
from gpu_im2rec.packing.outputs import check_outputs
from gpu_im2rec.packing.unfinished import CRC, FAILURES, IDX, PAGE, REC, path_of
from gpu_im2rec.recordio import Index, beside, index_of
from gpu_im2rec.recordio.manifest import Manifest, Shard, ShardFile, manifest_of
from gpu_im2rec.recordio.part_file import PartFile
from gpu_im2rec.recordio.publishing import publish_all
from gpu_im2rec.sharding.cutting import ChecksumLines, by_count, by_size
from gpu_im2rec.sharding.dali_index import index_lines
from gpu_im2rec.sharding.names import check_name, dali_index_of
from gpu_im2rec.sharding.replaced import old_shards, replaced
from gpu_im2rec.sharding.sizing import MOST, Cut
from gpu_im2rec.sharding.source import records_of
from gpu_im2rec.sharding.sources import PathLike


@dataclass(frozen=True, slots=True)
class SplitReport:
    """What was cut. Sizes in bytes."""

    manifest: Path
    idx: Path  # of all shards, for DALI
    shards: int
    checksums: bool  # whether shards have them, as the source does
    records: int
    bytes: int
    smallest: int  # shard
    largest: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: str(value) if isinstance(value, Path) else value for name, value in values.items()}


def split(
    rec: PathLike, out: PathLike, cut: Cut, *, overwrite: bool = False,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> SplitReport:  # fmt: skip
    """Cut ``rec`` into shards ``out-00000-of-0000n.rec``, each with its index, with a manifest and DALI's index.

    ``cut`` says how many, or how large each may be; a larger record is a shard alone. Together the shards are ``rec``
    byte for byte. Without an index its records get their ids as keys. Its checksums are cut, too. All appears only when
    it is whole. ``progress`` is told the bytes that are done, and all. Memory: 32 bytes a record.

    Raises RecordError where the index does not belong to the file or it is in insightface's layout; UsageError,
    OutputExistsError, OSError. Then nothing is left behind.
    """
    rec, out = Path(rec), Path(out)
    if out.suffix != ".rec":
        raise UsageError(f"{out}: shards are called after a record file: OUT.rec gives OUT-00000-of-00004.rec")
    check_name(out)
    index, size = records_of(rec), rec.stat().st_size
    if not len(index):
        raise RecordError(f"{rec}: no records")
    if cut.size is None:
        borders = by_count(len(index), cut.count or 1)
    else:
        borders = by_size(np.append(index.offsets[1:], size).astype(np.int64), cut.size)
    if len(borders) - 1 > MOST:
        raise UsageError(f"{len(borders) - 1:,} shards; the most are {MOST:,}: give a larger size")
    with _Splitting(rec, out, index, borders, overwrite) as work:
        return work.run(progress)


class _Splitting:
    """The files of a set, until they are published or, where the ``with`` ends before that, removed."""

    def __init__(self, rec: Path, out: Path, index: Index, borders: list[int], overwrite: bool) -> None:
        """Shards begin with the records ``borders`` of those in ``index``; the last is their number."""
        self._rec, self._out, self._index, self._overwrite = rec, out, index, overwrite
        self._records = list(pairwise(borders))
        starts = [0, *index.offsets[borders[1:-1]].tolist(), rec.stat().st_size]  # and what lies before all records
        self._bytes = list(pairwise(starts))
        self._names = [Part(number, len(self._records)).output(out) for number in range(len(self._records))]
        self._crc, self._failures = (
            path if path.is_file() else None for path in (beside(rec, CRC), beside(rec, FAILURES))
        )
        if self._failures == path_of(out, FAILURES):
            self._failures = None  # it is where it should be
        self._checksums = ChecksumLines(self._crc)
        self._old = old_shards(out)
        self._files: list[PartFile] = []

    def run(self, progress: Callable[[int, int], object]) -> SplitReport:
        """Write and publish all."""
        self._check_outputs()
        shards = [self._shard(number, progress) for number in range(len(self._records))]
        manifest = Manifest(len(shards), tuple(shards), dali_index_of(self._out))
        dali_index = self._begun(self._out.with_name(manifest.dali_index))
        for lines in index_lines(self._index, 0):
            dali_index.write([lines])
        if self._failures:
            self._begun(path_of(self._out, FAILURES)).copy(self._failures, lambda: None)
        told = self._begun(self._out.with_name(manifest_of(self._out)))
        told.write([manifest.to_json()])
        gone = replaced(self._out, self._old, manifest)
        if self._out.exists():
            gone.remove(path_of(self._out, PAGE))  # which is about that file
        publish_all(self._files, gone=gone)
        sizes = [shard.rec.bytes for shard in shards]
        return SplitReport(
            manifest=told.path,
            idx=dali_index.path,
            shards=len(shards),
            checksums=self._crc is not None,
            records=manifest.records,
            bytes=manifest.rec_bytes,
            smallest=min(sizes),
            largest=max(sizes),
        )

    def _check_outputs(self) -> None:
        """Before anything is written. Raises UsageError and OutputExistsError."""
        kinds = (REC, IDX, *([CRC] if self._crc else []))
        own = [self._out.with_name(name) for name in (dali_index_of(self._out), manifest_of(self._out))]
        inputs = [self._rec, index_of(self._rec), *filter(None, [self._crc, self._failures])]
        check_outputs(own, inputs, overwrite=self._overwrite)
        read = {os.path.realpath(path) for path in inputs}
        shards = [path_of(name, kind) for name in self._names for kind in kinds]
        for path in (*shards, *self._old):
            if os.path.realpath(path) in read:
                raise UsageError(f"{path} would be overwritten by this very run; give the output another name")
        for path in shards:
            if path.exists() and not (self._overwrite and path.is_file()):
                raise OutputExistsError(f"{path} is already there; --overwrite replaces the set")

    def _shard(self, number: int, progress: Callable[[int, int], object]) -> Shard:
        name, (start, stop), (first, last) = self._names[number], self._bytes[number], self._records[number]
        rec, idx = (self._begun(path_of(name, kind), hashed=True) for kind in (REC, IDX))
        rec.copy(self._rec, lambda: progress(start + rec.size, self._bytes[-1][1]), start=start, stop=stop)
        for lines in index_lines(self._index[first:last], -start):
            idx.write([lines])
        crc = self._begun(path_of(name, CRC), hashed=True) if self._crc else None
        if crc:
            for text in self._checksums.up_to(stop, start):
                crc.write([text])
        return Shard(number, last - first, 0, None, None, _whole(rec), _whole(idx), _whole(crc) if crc else None)

    def _begun(self, path: Path, *, hashed: bool = False) -> PartFile:
        self._files.append(PartFile(path, overwrite=self._overwrite, hashed=hashed))
        return self._files[-1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with ExitStack() as each:  # one that fails does not keep the others from it
            for file in self._files:
                each.callback(file.discard)


def _whole(file: PartFile) -> ShardFile:
    """``file``, which is closed: there may be more of them than a process may have open."""
    size = file.size
    file.finish()
    return ShardFile(file.path.name, size, file.digest() or "")
