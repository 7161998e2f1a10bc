"""From lines of a list to encoded pictures: files are read ahead, an engine transcodes them, order is kept."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from typing import NamedTuple

from gpu_im2rec.packing.lines import Line
from gpu_im2rec.packing.metering import ThreadsMeter
from gpu_im2rec.packing.read_ahead import Batch, read_ahead
from gpu_im2rec.transcode import Encoded, Engine, Failure, Source


class Done(NamedTuple):
    """One line of the list, and what became of its picture."""

    line: Line
    result: Encoded | Failure
    bytes_in: int  # of the picture's file


def transcoded(
    lines: Iterable[Line],
    read: Callable[[str], bytes | Failure],
    engine: Engine,
    meter: ThreadsMeter,
    *,
    limit_bytes: int,
) -> Generator[Done, None, None]:
    """Every line with what became of its picture, in order; closing the iterator stops the work.

    Whoever pulls is taken to write meanwhile.
    """
    underway: deque[tuple[list[Line], list[int]]] = deque()
    clock = meter.clock
    clock.start()
    with (
        closing(read_ahead(lines, read, limit_bytes=limit_bytes, meter=meter.reading)) as batches,
        closing(engine.transcode(_sources(batches, underway, meter))) as results,
    ):
        clock.turn_to("transcode")
        for batch in results:
            clock.turn_to("write")
            lines_done, sizes = underway.popleft()
            yield from map(Done._make, zip(lines_done, batch, sizes, strict=True))
            clock.turn_to("transcode")
            clock.wrote(len(batch))
        clock.turn_to("write")


def _sources(
    batches: Iterable[Batch], underway: deque[tuple[list[Line], list[int]]], meter: ThreadsMeter
) -> Iterator[list[Source]]:
    """What an engine gets; lines and sizes wait in ``underway`` for its results."""
    clock = meter.clock
    clock.turn_to("read")
    for batch in batches:
        clock.turn_to("transcode")
        underway.append((batch.lines, [len(source.data) for source in batch.sources]))
        meter.sampled.add(batch.sources)
        meter.taken += len(batch.sources)
        yield batch.sources
        clock.turn_to("read")
    clock.turn_to("transcode")
