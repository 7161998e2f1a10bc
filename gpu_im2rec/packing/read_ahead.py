"""File bytes, read by several threads before they are needed, in list order, within a bound of memory."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import NamedTuple

from gpu_im2rec.lists import MalformedLine
from gpu_im2rec.packing.lanes import Lanes
from gpu_im2rec.packing.lines import Line
from gpu_im2rec.packing.options import READ_THREADS, PackOptions
from gpu_im2rec.storage import is_url
from gpu_im2rec.transcode import Failure, Meter, Reason, Source

_BATCH_BYTES = 1 << 20  # a batch is about this much: large enough to share its overhead, small enough to spread
_BATCH_LINES = 32


class Batch(NamedTuple):
    """Lines of the list and the files that they name, pairwise."""

    lines: list[Line]
    sources: list[Source]


class ReadMeter(Meter):
    """Of the threads that read, as many as its ``width``."""

    fill = 0.0  # of what is read and not yet taken: in bytes of those that may be, or in batches, whichever is fuller

    def __init__(self, width: int, at_first: int | None = None) -> None:
        """``at_first`` of them read at once, and more where that brings more; None: always all."""
        super().__init__(width)
        self.lanes = Lanes(width, at_first or width)

    @classmethod
    def of(cls, options: PackOptions, root: str) -> ReadMeter:
        """For files below ``root``: one thread, and more on trial; all, where they were asked for or it is remote."""
        on_trial = options.read_threads is None and not is_url(root)
        return cls(options.readers(root), 1 if on_trial else None)


def read_ahead(
    lines: Iterable[Line],
    read: Callable[[str], bytes | Failure],
    *,
    limit_bytes: int,
    meter: ReadMeter | None = None,
) -> Generator[Batch, None, None]:
    """Batches of what ``read`` gives for each line's path, in order, read by the threads of ``meter``.

    At most ``limit_bytes`` are held, plus one batch and one file per thread.
    """
    ahead = _ReadAhead(lines, read, limit_bytes, meter or ReadMeter(READ_THREADS))
    try:
        yield from ahead.batches()
    finally:
        ahead.close()


def to_source(line: Line, read: Callable[[str], bytes | Failure]) -> Source:
    """What an engine gets for ``line``: the file that it names, or why there is none."""
    if isinstance(line, MalformedLine):
        return Source(0, b"", Failure(Reason.MALFORMED_LINE, line.message))
    content = read(line.path)
    return Source(line.index, b"", content) if isinstance(content, Failure) else Source(line.index, content)


class _ReadAhead:
    def __init__(
        self, lines: Iterable[Line], read: Callable[[str], bytes | Failure], limit_bytes: int, meter: ReadMeter
    ) -> None:
        self._lines = iter(lines)
        self._read = read
        self._limit = limit_bytes
        self._meter = meter
        self._pool = ThreadPoolExecutor(meter.width, thread_name_prefix="read")
        self._waiting: deque[Future[tuple[Batch, list[Line]]]] = deque()
        self._batch_bytes = min(_BATCH_BYTES, limit_bytes // (2 * meter.width))  # each thread has one, and the next
        self._most = max(2 * meter.width, limit_bytes // _BATCH_BYTES)  # batches in ``_waiting``
        self._ready = 0  # batches of these that are read
        self._held = 0  # bytes read and not yet handed out
        self._is_closing = False
        self._lock = threading.Lock()
        self._mean = _BATCH_BYTES // 4  # bytes a file, as seen lately

    def batches(self) -> Iterator[Batch]:
        """What was read, in order; files that were too much to read ahead are read now."""
        self._top_up()
        while self._waiting:
            batch, unread = self._meter.lanes.result(self._waiting.popleft())
            with self._lock:
                self._ready -= 1
            while True:
                self._meter.lanes.taken(len(batch.lines))
                yield self._hand_out(batch)
                self._top_up()
                if not unread:
                    break
                batch, unread = self._read_some(unread, ahead=False)

    def close(self) -> None:
        """Stop reading."""
        self._is_closing = True
        self._meter.lanes.open_all()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _top_up(self) -> None:
        mean = max(1, self._mean)
        per_batch = max(1, min(_BATCH_LINES, self._batch_bytes // mean))
        most = min(
            self._most, max(READ_THREADS, self._limit // (per_batch * mean))
        )  # what does not fit is not read by threads
        while len(self._waiting) < most and self._held < self._limit:
            group = list(islice(self._lines, per_batch))
            if not group:
                return
            self._waiting.append(self._pool.submit(self._read_in_a_thread, group))

    def _read_in_a_thread(self, group: list[Line]) -> tuple[Batch, list[Line]]:
        with self._meter.lanes, self._meter:
            batch, unread = self._read_some(group, ahead=True)
        with self._lock:
            self._ready += 1
            self._note_fill()
        return batch, unread

    def _read_some(self, group: list[Line], *, ahead: bool) -> tuple[Batch, list[Line]]:
        """Read from the start of ``group`` until a batch is full: the batch, and the lines left over."""
        batch = Batch([], [])
        size = 0
        for line in group:
            if self._is_closing or size >= 2 * _BATCH_BYTES or (ahead and self._held >= self._limit):
                break
            source = to_source(line, self._read)
            batch.lines.append(line)
            batch.sources.append(source)
            size += len(source.data)
            with self._lock:
                self._held += len(source.data)
        self._meter.count(len(batch.lines))
        return batch, group[len(batch.lines) :]

    def _note_fill(self) -> None:
        self._meter.fill = min(1.0, max(self._held / self._limit, self._ready / self._most))

    def _hand_out(self, batch: Batch) -> Batch:
        size = sum(len(source.data) for source in batch.sources)
        with self._lock:
            self._held -= size
            self._note_fill()
        if batch.sources:
            self._mean = (self._mean + size // len(batch.sources)) // 2
        return batch
