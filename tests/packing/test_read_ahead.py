import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_im2rec.lists import Entry, MalformedLine
from gpu_im2rec.packing.read_ahead import ReadMeter, read_ahead
from gpu_im2rec.transcode import Failure, Reason, Source

LIMIT = 16 << 20


def entries(count):
    return [Entry(number, (0.0,), str(number), number + 1) for number in range(count)]


def flat(batches):
    pairs = []
    for batch in batches:
        pairs += zip(batch.lines, batch.sources, strict=True)
    return pairs


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.sampled_from([0, 1, 1000, 300_000, 3_000_000]), max_size=60),
    limit=st.sampled_from([1, 100_000, 4_000_000, 64_000_000]),
)
def test_every_entry_once_in_order_with_its_own_bytes(sizes, limit):
    def read(path):
        return bytes([int(path) % 256]) * sizes[int(path)]

    expected = [(entry, Source(entry.index, read(entry.path))) for entry in entries(len(sizes))]
    assert flat(read_ahead(entries(len(sizes)), read, limit_bytes=limit)) == expected


def test_a_failure_takes_the_file_s_place():
    failure = Failure(Reason.MISSING, "gone")
    [batch] = read_ahead(entries(2), lambda path: failure if path == "0" else b"x", limit_bytes=LIMIT)
    assert batch.sources == [Source(0, b"", failure), Source(1, b"x")]


@pytest.mark.parametrize("size", [100_000, 5_000_000])
def test_what_is_held_stays_within_the_limit(size):
    """A slow consumer, quick reading: the bytes in hand stop at the limit, plus one batch and one file a thread."""
    limit, held, most, lock = 8_000_000, 0, 0, threading.Lock()

    def read(path):
        nonlocal held, most
        with lock:
            held += size
            most = max(most, held)
        return bytes(size)

    for batch in read_ahead(entries(200), read, limit_bytes=limit):
        time.sleep(0.001)
        with lock:
            held -= sum(len(source.data) for source in batch.sources)
    assert held == 0
    assert limit / 2 <= most <= limit + 8 * (2_000_000 + size)


def test_a_malformed_line_keeps_its_place():
    lines = [*entries(1), MalformedLine(2, "'x'", "no columns"), *entries(1)]
    [batch] = read_ahead(lines, lambda path: b"x", limit_bytes=LIMIT)
    assert batch.lines == lines
    assert batch.sources[1].failure == Failure(Reason.MALFORMED_LINE, "no columns")


def test_reading_goes_on_while_the_consumer_works():
    read_paths = []
    batches = read_ahead(entries(300), lambda path: read_paths.append(path) or b"x" * 1000, limit_bytes=LIMIT)
    next(batches)
    deadline = time.monotonic() + 10
    while len(read_paths) < 50 and time.monotonic() < deadline:
        time.sleep(0.01)
    batches.close()
    assert len(read_paths) >= 50


@pytest.mark.parametrize("threads", [16, 64, 200])
def test_however_many_threads_read_they_read_all(threads):
    """What the memory has no room for is not given to them; the consumer would have to read it by itself."""
    readers = []

    def read(path):
        readers.append(threading.current_thread().name)
        return bytes(46_000)

    flat(read_ahead(entries(2000), read, limit_bytes=LIMIT, meter=ReadMeter(threads)))
    assert len(readers) == 2000
    assert all(name.startswith("read") for name in readers)


def test_closing_stops_the_threads():
    batches = read_ahead(entries(10_000), lambda path: b"x", limit_bytes=1000)
    next(batches)
    batches.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("read")]


def test_an_error_in_the_list_comes_through():
    def broken():
        yield from entries(3)
        raise ValueError("bad line")

    with pytest.raises(ValueError, match="bad line"):
        flat(read_ahead(broken(), lambda path: b"x", limit_bytes=1000))
