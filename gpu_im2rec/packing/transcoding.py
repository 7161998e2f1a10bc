"""From lines of a list to encoded pictures: files are read ahead, an engine transcodes them, order is kept."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from typing import NamedTuple

from gpu_im2rec.packing.lines import Line
from gpu_im2rec.packing.read_ahead import Batch, read_ahead
from gpu_im2rec.transcode import Encoded, Engine, Failure, Source


class Done(NamedTuple):
    """One line of the list, and what became of its picture."""

    line: Line
    result: Encoded | Failure
    bytes_in: int  # of the picture's file


def transcoded(
    lines: Iterable[Line], read: Callable[[str], bytes | Failure], engine: Engine, *, limit_bytes: int
) -> Generator[Done, None, None]:
    """Every line with what became of its picture, in order; closing the iterator stops the work."""
    underway: deque[tuple[list[Line], list[int]]] = deque()
    with (
        closing(read_ahead(lines, read, limit_bytes=limit_bytes)) as batches,
        closing(engine.transcode(_sources(batches, underway))) as results,
    ):
        for batch in results:
            lines_done, sizes = underway.popleft()
            yield from map(Done._make, zip(lines_done, batch, sizes, strict=True))


def _sources(batches: Iterable[Batch], underway: deque[tuple[list[Line], list[int]]]) -> Iterator[list[Source]]:
    """What an engine gets; lines and sizes wait in ``underway`` for its results."""
    for batch in batches:
        underway.append((batch.lines, [len(source.data) for source in batch.sources]))
        yield batch.sources
