"""Records from disk, some batches before they are needed."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from gpu_im2rec.loading.order import Numbers
from gpu_im2rec.loading.records import RawBatch, Records

_THREADS = 4  # that wait for the disk
_AHEAD = 4  # batches under way besides the one that is waited for
_LIMIT_BYTES = 256 << 20  # of records under way; a batch may be more


def read_ahead(batches: Iterable[tuple[Numbers, int]], records: Records) -> Generator[RawBatch, None, None]:
    """Read ``batches`` of records, each with its ``RawBatch.pad``, in order, on a few threads and some batches ahead.

    Raises RecordError in the place of a batch with a record that cannot be read.
    """
    pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="read")
    waiting: deque[tuple[int, Future[RawBatch]]] = deque()
    held = 0
    try:
        for numbers, pad in batches:
            size = records.bytes_of(numbers)
            waiting.append((size, pool.submit(records.read, numbers, pad)))
            held += size
            while len(waiting) > _AHEAD or (held > _LIMIT_BYTES and len(waiting) > 1):
                size, oldest = waiting.popleft()
                held -= size
                yield oldest.result()
        while waiting:
            yield waiting.popleft()[1].result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
