"""Whether every picture of a record file can be decoded: by the CPU engine, as small as that can be done."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import closing

from gpu_im2rec import devices
from gpu_im2rec.inspection.findings import Findings, Kind
from gpu_im2rec.recordio.block import Run
from gpu_im2rec.recordio.headers import Headers
from gpu_im2rec.transcode import Failure, Source, TranscodeSpec
from gpu_im2rec.transcode.formats import format_of

# A decoder reads all of a file, whatever size it makes of it. A square, as the long side of a strip has no limit.
_SPEC = TranscodeSpec(resize=8, center_crop=True, color=0, encoding="png", max_pixels=1 << 30)
_BATCH_BYTES = 1 << 20
_BATCH = 32  # pictures
_SNIFFED = 16  # bytes

Place = tuple[int, int]  # offset and id of a record


def check_decoding(runs: Iterable[tuple[Run, Headers]], findings: Findings) -> int:
    """Decode every picture of ``runs`` → how many there were. Contents of no known format are passed over.

    Memory: some megabytes a core.
    """
    engine = devices.choose(_SPEC, "cpu", devices.default_workers()).engine
    underway: deque[list[Place]] = deque()
    pictures = 0
    with closing(engine.transcode(_batches(runs, underway))) as batches:
        for batch in batches:
            pictures += len(batch)
            for (offset, id_), result in zip(underway.popleft(), batch, strict=True):
                if isinstance(result, Failure):
                    findings.add(Kind.UNDECODABLE, f"{result.reason}: {result.message}", offset=offset, id=id_)
    return pictures


def _batches(runs: Iterable[tuple[Run, Headers]], underway: deque[list[Place]]) -> Iterator[list[Source]]:
    """What the engine gets; where it comes from waits in ``underway`` for its results."""
    places: list[Place] = []
    batch: list[Source] = []
    size = 0
    for place, content in _pictures(runs):
        places.append(place)
        batch.append(Source(place[1], content))
        size += len(content)
        if size >= _BATCH_BYTES or len(batch) == _BATCH:
            underway.append(places)
            yield batch
            places, batch, size = [], [], 0
    if batch:
        underway.append(places)
        yield batch


def _pictures(runs: Iterable[tuple[Run, Headers]]) -> Iterator[tuple[Place, bytes]]:
    for run, headers in runs:
        starts, ends = run.starts + headers.sizes, run.starts + run.sizes
        columns = (column.tolist() for column in (headers.fits, run.offsets, headers.ids, starts, ends))
        for fits, offset, id_, start, end in zip(*columns, strict=True):
            if fits and format_of(run.data[start : min(start + _SNIFFED, end)]):
                yield (offset, id_), run.data[start:end]
