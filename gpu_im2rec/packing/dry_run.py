"""What a run would do: the whole list is read, a sample of its pictures is transcoded, nothing is written."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from gpu_im2rec import devices
from gpu_im2rec.errors import ListError
from gpu_im2rec.lists import DuplicateIndices, Entry, MalformedLine, only_entries
from gpu_im2rec.packing.lines import PathLike, lines_of, span_of, why_no_list
from gpu_im2rec.packing.list_here import list_here
from gpu_im2rec.packing.options import PackOptions
from gpu_im2rec.packing.paths import check_paths
from gpu_im2rec.packing.read_ahead import to_source
from gpu_im2rec.packing.sample import sample
from gpu_im2rec.packing.space import RECORD_OVERHEAD
from gpu_im2rec.storage import Place, Url, name_of, place
from gpu_im2rec.transcode import Failure

_SAMPLE = 200  # pictures


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a sample says of the whole. Sizes in bytes."""

    entries: int
    malformed: int
    duplicates: int
    label_width: int
    sampled: int
    sample_failures: dict[str, int]  # by reason
    bytes_out: int  # of the whole result
    seconds: float  # of the whole run, if every file is read as quickly as the sample was
    free_bytes: int | None  # on the output's disk; None where it is remote
    engine: str
    note: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)


def dry_run(list_path: PathLike, root: PathLike, out: PathLike, options: PackOptions | None = None) -> Estimate:
    """Estimate size and time of `pack` with the same arguments from up to 200 pictures, the same ones every time.

    Raises what `pack` raises for arguments that it refuses (but an output may be there already), and ListError for a
    list without entries.
    """
    options = options or PackOptions()
    with list_here(list_path, options.part) as here:
        return _estimate(here, name_of(root), place(out), options)


def _estimate(list_path: PathLike, root: str, out: Place, options: PackOptions) -> Estimate:
    out = options.part.output(out) if options.part else out
    anything_goes = replace(options, append=False, overwrite=True, resume=False)  # as nothing is written
    check_paths(list_path, root, out, anything_goes)
    workers = options.workers or devices.default_workers()
    choice = devices.choose(options.transcode, (options.devices or (options.device,))[0], workers, options.gpu)
    census = _Census()
    lines = lines_of(list_path, span_of(list_path, options), replace(options, on_error="skip"))
    entries = only_entries(list_path, lines, census.skip)
    sampled = sample(census.counted(entries), _SAMPLE)
    if not sampled:
        no_list = why_no_list(list_path) if census.malformed else ""
        raise ListError(no_list or f"{list_path}: the list names no picture")

    started = time.perf_counter()
    read = options.open_root(root).read
    sources = ([to_source(entry, read)] for entry in sampled)
    results = [result for batch in choice.engine.transcode(sources) for result in batch]
    seconds = time.perf_counter() - started

    sizes = [len(result.data) + RECORD_OVERHEAD for result in results if not isinstance(result, Failure)]
    share = census.entries / len(sampled)
    return Estimate(
        entries=census.entries,
        malformed=census.malformed,
        duplicates=census.duplicates.count,
        label_width=census.label_width,
        sampled=len(sampled),
        sample_failures=dict(Counter(str(result.reason) for result in results if isinstance(result, Failure))),
        bytes_out=round(sum(sizes) * share),
        seconds=seconds * share,
        free_bytes=None if isinstance(out, Url) else shutil.disk_usage(out.parent).free,
        engine=choice.engine.name,
        note=choice.note,
    )


class _Census:
    """Counts entries as they pass."""

    def __init__(self) -> None:
        self.entries = 0
        self.malformed = 0
        self.label_width = 0
        self.duplicates = DuplicateIndices()

    def skip(self, line: MalformedLine) -> None:
        self.malformed += 1

    def counted(self, entries: Iterator[Entry]) -> Iterator[Entry]:
        for entry in entries:
            self.entries += 1
            self.label_width = max(self.label_width, len(entry.labels))
            self.duplicates.add(entry.index)
            yield entry
