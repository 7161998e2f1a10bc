"""How many threads read at once, on storages whose rates are made up; and that nobody waits for ever."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from gpu_im2rec.packing.lanes import Lanes

BATCH = 32  # files


class Storage:
    """A reader that waits for everything it takes, on a clock of its own."""

    def __init__(self, files_a_second, *, noise=0.0, most=8, at_first=1):
        self.now = 0.0
        self.lanes = Lanes(most, at_first, clock=lambda: self.now)
        self._rate, self._noise = files_a_second, noise
        self._chance = random.Random(1)
        self._left = 1.0  # of the batch that is under way

    def done(self):
        return self._left <= 0

    def result(self, timeout=0):
        if self.done():
            self._left = 1 + self._chance.uniform(-self._noise, self._noise)
            return
        took = BATCH / self._rate(self.lanes.open)
        part = min(self._left, timeout / took)
        self._left -= part
        self.now += part * took
        if self._left > 0:
            raise TimeoutError
        self.result()

    def run(self, seconds):
        """How long each number of lanes was open, as shares."""
        open_for = dict.fromkeys((1, 2, 4, 8), 0.0)
        end = self.now + seconds
        while self.now < end:
            before, lanes = self.now, self.lanes.open
            self.lanes.result(self)
            self.lanes.taken(BATCH)
            open_for[lanes] += self.now - before
        return {lanes: spent / seconds for lanes, spent in open_for.items()}


def in_memory(lanes):
    return 40_000 / (0.9 + 0.1 * lanes)


def far_away(lanes):
    return 100 * lanes


@pytest.mark.parametrize("noise", [0, 0.3])
def test_files_in_memory_are_read_by_one(noise):
    assert Storage(in_memory, noise=noise).run(60)[1] > 0.9


@pytest.mark.parametrize("noise", [0, 0.3])
def test_a_storage_that_takes_its_time_is_asked_by_all(noise):
    storage = Storage(far_away, noise=noise)
    storage.run(3)
    assert storage.run(60)[8] > 0.9


def test_what_changes_is_noticed():
    storage = Storage(lambda lanes: (in_memory if 30 < storage.now < 60 else far_away)(lanes))
    storage.run(30)
    storage.run(10)  # a try or two
    assert storage.run(20)[8] < 0.2
    storage.run(10)
    assert storage.run(30)[8] > 0.8


def test_a_number_that_was_asked_for_stays():
    assert Storage(in_memory, at_first=8).run(10)[8] == pytest.approx(1, abs=0.01)


def test_who_does_not_wait_asks_for_nothing():
    now = 0.0
    lanes, there = Lanes(8, 1, clock=lambda: now), Future()
    there.set_result("batch")
    for _ in range(1000):
        now += 0.01
        assert lanes.result(there) == "batch"
        lanes.taken(BATCH)
    assert lanes.open == 1


def test_so_many_at_once_and_no_more():
    lanes, at_work, most, lock = Lanes(8, 3), 0, 0, threading.Lock()

    def work(_):
        nonlocal at_work, most
        with lanes:
            with lock:
                at_work += 1
                most = max(most, at_work)
            time.sleep(0.002)
            with lock:
                at_work -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(60)))
    assert most == 3


def test_reads_that_wait_for_each_other_get_lanes():
    """As nothing comes, all are let in."""
    lanes, together = Lanes(8, 1), threading.Barrier(8)

    def work():
        with lanes:
            return together.wait(30)

    with ThreadPoolExecutor(8) as pool:
        coming = [pool.submit(work) for _ in range(8)]
        assert sorted(map(lanes.result, coming)) == list(range(8))


def test_an_error_that_is_a_timeout_comes_through():
    failed: Future[None] = Future()
    failed.set_exception(TimeoutError("the server"))
    with pytest.raises(TimeoutError, match="the server"):
        Lanes(8, 1).result(failed)
