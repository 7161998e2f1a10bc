"""What a meter adds up, however many threads are at work."""

import threading
import time

import pytest

from gpu_im2rec.transcode import Meter


@pytest.fixture
def clock(monkeypatch):
    """Seconds that a test sets."""
    now = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    return now


def test_work_under_way_counts_up_to_the_moment_of_asking(clock):
    meter = Meter(2)
    with meter:
        clock[0] += 3
        assert meter.busy_seconds == 3
        with meter:
            clock[0] += 1
        clock[0] += 1
    clock[0] += 50
    assert meter.busy_seconds == 6


def test_work_that_fails_counts(clock):
    meter = Meter(1)

    def fail(seconds):
        clock[0] += seconds
        raise ValueError

    with pytest.raises(ValueError):
        meter.timed(fail, 2)
    assert meter.busy_seconds == 2
    assert meter.timed(max, 3, 4) == 4


def test_threads_lose_no_picture():
    meter = Meter(8)

    def work():
        for _ in range(2000):
            with meter:
                meter.count(3)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert meter.pictures == 8 * 2000 * 3
    assert 0 < meter.busy_seconds < 8 * 60
