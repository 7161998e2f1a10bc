"""What a plan rests on: a sample of the list's pictures, packed here and now, and the driver's own work."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from gpu_im2rec import devices
from gpu_im2rec.errors import ListError
from gpu_im2rec.lists import DuplicateIndices, count_lines, parts_by_lines
from gpu_im2rec.packing import PackOptions
from gpu_im2rec.packing.lines import PathLike
from gpu_im2rec.packing.list_here import list_here
from gpu_im2rec.packing.paths import check_paths
from gpu_im2rec.packing.sample import one_of_each
from gpu_im2rec.packing.space import RECORD_OVERHEAD
from gpu_im2rec.packing.timing import Bed
from gpu_im2rec.recordio import read_index
from gpu_im2rec.recordio.index import index_line
from gpu_im2rec.sharding.dali_index import index_lines
from gpu_im2rec.storage import name_of, place

_PICTURES = 512
_RECORDS = 100_000  # whose index is gathered, to see how long that takes


@dataclass(frozen=True, slots=True)
class Measured:
    """Of the sample, on this machine. Sizes in bytes, times in seconds, rates in pictures a second."""

    pictures: int  # lines of the list
    sampled: int
    skipped: int  # of them, which cannot be packed
    file_bytes: float  # mean size of a picture's file
    record_bytes: float  # mean size of the record that it becomes
    read: float  # rate of reading alone, the files being as cold as they were
    packed: float  # rate of all of `pack`, the files being read a second time
    cut: float  # time to cut the list
    gather: float  # time to gather the indices of all records
    engine: str
    workers: int
    note: str  # why the engine is not another one

    @property
    def rate(self) -> float:
        """Of one machine such as this one."""
        return min(self.read, self.packed)

    @property
    def good(self) -> float:
        """Share of the pictures that can be packed."""
        return 1 - self.skipped / self.sampled


def measure(list_path: PathLike, root: PathLike, out: PathLike, options: PackOptions) -> Measured:
    """Pack a sample of up to 512 pictures; what is written goes to a temporary folder where ``out`` would go.

    Takes some five seconds, besides one quick pass over the list. Raises what `pack` raises for arguments that it
    refuses (but an output may be there already), and ListError where not one picture of the sample can be packed.
    """
    where = place(out)
    beside = where.parent if isinstance(where, Path) else None
    options = replace(options, on_error="skip", overwrite=True)  # nothing is
    with list_here(list_path) as here:
        check_paths(here, name_of(root), where, options)
        with tempfile.TemporaryDirectory(prefix="gpu-im2rec-plan-", dir=beside) as folder:
            return _measured(here, name_of(root), Path(folder), options)


def _measured(list_path: PathLike, root: str, folder: Path, options: PackOptions) -> Measured:
    lines = count_lines(list_path)
    if not lines:
        raise ListError(f"{list_path}: the list names no picture")
    started = time.perf_counter()
    spans = parts_by_lines(list_path, min(lines, _PICTURES))
    cut = time.perf_counter() - started
    bed = Bed(root, folder, options, one_of_each(list_path, spans, options))
    choice = devices.choose(options.transcode, options.device, bed.workers, options.gpu)
    encoded = bed.keep_the_good(choice.engine, list_path)
    good = len(bed.sources)
    return Measured(
        pictures=lines,
        sampled=good + bed.skipped,
        skipped=bed.skipped,
        file_bytes=sum(len(source.data) for source in bed.sources) / good,
        record_bytes=sum(len(picture.data) + RECORD_OVERHEAD for picture in encoded) / good,
        read=bed.first_read,
        packed=bed.together(choice.engine, times=1),
        cut=cut,
        gather=lines * _gathering(folder),
        engine=choice.engine.name,
        workers=bed.workers,
        note=choice.note,
    )


def _gathering(folder: Path) -> float:
    """Seconds a record that it takes to read shards' indices, to write the one over all, and to look for duplicates."""
    rec = folder / "plan.rec"
    rec.touch()
    rec.with_suffix(".idx").write_bytes(b"".join(index_line(key, 40_000 * key) for key in range(_RECORDS)))
    started = time.perf_counter()
    index, seen = read_index(rec.with_suffix(".idx")), DuplicateIndices()
    with rec.with_suffix(".dali.idx").open("wb") as file:
        file.writelines(index_lines(index, 1 << 40))
    seen.add_many(index.keys)
    return (time.perf_counter() - started) / _RECORDS
