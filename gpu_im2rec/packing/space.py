"""Whether the disk has room for a run's output, asked before the run and not when it is full."""

from __future__ import annotations

import shutil
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from gpu_im2rec import devices
from gpu_im2rec.lists import Entry, Span
from gpu_im2rec.packing.lines import PathLike, lines_of
from gpu_im2rec.packing.options import PackOptions
from gpu_im2rec.packing.read_ahead import to_source
from gpu_im2rec.packing.supervision import Pulse
from gpu_im2rec.recordio.part_file import target_of
from gpu_im2rec.transcode import Encoded

RECORD_OVERHEAD = 34  # bytes: head, image header and, on average, padding

_SAMPLE = 32  # lines at the start of the list
_PLENTY = 4  # times as much as the files themselves: no result is that much larger


class Space(NamedTuple):
    """In bytes."""

    needed: int  # by the rest of the output, about
    free: int  # where it goes


def shortage(
    list_path: PathLike, root: str, out: Path, span: Span, done: int, options: PackOptions, pulse: Pulse
) -> Space | None:
    """The space for the rest of a run's output where there will probably be too little; None where there is enough.

    ``done`` lines of ``span`` are written already. Judges by the first 32 lines of the list, and transcodes their
    pictures only where there is no plenty for such files. Raises ListError for a list that cannot be read.
    """
    lines = list(islice(lines_of(list_path, span, options), _SAMPLE))
    read = options.open_root(root).read
    sources = [to_source(line, read) for line in pulse.with_each(lines) if isinstance(line, Entry)]

    def space(sampled_bytes: int) -> Space:
        needed = sampled_bytes * (span.lines - done) // max(1, len(lines))
        return Space(needed, shutil.disk_usage(target_of(out).parent).free)

    rough = space(_PLENTY * sum(len(source.data) for source in sources))
    if rough.needed <= rough.free:
        return None
    workers = options.workers or devices.default_workers()
    engine = devices.choose(options.transcode, "cpu", workers, isolate=options.isolate).engine
    results = [result for batch in engine.transcode([[source] for source in sources]) for result in batch]
    close = space(sum(len(result.data) + RECORD_OVERHEAD for result in results if isinstance(result, Encoded)))
    return close if close.needed > close.free else None
