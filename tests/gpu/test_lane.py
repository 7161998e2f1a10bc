"""Whatever a device does, every job has an outcome, in order."""

import contextlib
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec.gpu.admission import Job
from gpu_im2rec.gpu.lane import FileLane, outcomes
from gpu_im2rec.transcode.geometry import Box, Plan
from tests.gpu.fake_device import FakeDevice


def job(name):
    return Job(np.frombuffer(name, np.uint8), Plan(Box(0, 0, 1, 1), (1, 1)), 3, 1)


def through(device, batches):
    """The outcomes of ``batches``, fed as far ahead as the device takes."""
    lane = FileLane(device)
    results = []
    for number, batch in enumerate(batches):
        lane.feed([job(name) for name in batch])
        if number >= device.depth - 1:
            results.append(lane.collect())
    while len(results) < len(batches):
        results.append(lane.collect())
    return [outcomes(batch, result) for batch, result in zip(batches, results, strict=True)]


BATCHES = [[b"a", b"b"], [b"c", b"d", b"e"], [b"f"], [b"g", b"h"]]
ALL_DONE = [[b"done " + name for name in batch] for batch in BATCHES]


def test_outcomes_are_the_jobs_in_order():
    device = FakeDevice()
    assert through(device, BATCHES) == ALL_DONE
    assert device.restarts == 0


def test_a_bad_file_fails_its_batch_only():
    device = FakeDevice()
    device.bad = {b"d"}
    results = through(device, BATCHES)
    assert [results[i] for i in (0, 2, 3)] == [ALL_DONE[i] for i in (0, 2, 3)]
    assert results[1] == ["the device failed: nvImageCodec failure: '#3'"] * 3
    assert device.restarts == 0


def test_a_device_that_stays_broken_is_started_anew_and_loses_one_batch():
    device = FakeDevice()
    device.broken = True
    results = through(device, BATCHES)
    assert results[1:] == ALL_DONE[1:]
    assert device.seen[3:5] == [2, 1], "the second batch, in halves"
    assert all("nvImageCodec" in outcome for outcome in results[0])
    assert device.restarts == 1


def test_without_memory_the_batch_is_halved():
    device = FakeDevice()
    device.capacity = 2
    assert through(device, BATCHES) == ALL_DONE
    assert device.restarts == 1
    assert 2 in device.seen[2:]


def test_halves_that_find_no_memory_either_are_left_to_the_cpu():
    device = FakeDevice()
    device.capacity = 1
    results = through(device, [[b"a", b"b", b"c"], [b"d"]])
    assert results == [["the device is out of memory"] * 2 + [b"done c"], [b"done d"]]


@pytest.mark.parametrize("capacity", [3, 4])
def test_a_batch_that_finds_no_memory_beside_another_waits_for_it(capacity):
    device = FakeDevice()
    device.feed_capacity = capacity
    assert through(device, BATCHES) == ALL_DONE
    assert (device.seen, device.restarts) == ([2, 3, 1, 2], 0), "each fed once"


def test_a_batch_that_finds_no_memory_alone_is_halved():
    device = FakeDevice()
    device.feed_capacity = 2
    assert through(device, BATCHES) == ALL_DONE
    assert (device.seen, device.restarts) == ([2, 2, 1, 1, 2], 1)


def test_half_a_batch_that_cannot_be_fed_is_left_to_the_cpu():
    device = FakeDevice()
    device.feed_capacity = 1
    results = through(device, [[b"a", b"b", b"c"], [b"d"]])
    assert results == [["the device is out of memory"] * 2 + [b"done c"], [b"done d"]]


@pytest.mark.parametrize("said", ["std::bad_alloc", "cudaErrorMemoryAllocation: out of memory", "Can't allocate 3 GB"])
def test_dali_tells_of_memory_in_its_own_words(said):
    device = FakeDevice()
    whole = device.collect

    def collect():
        if len(device.batches[0]) == 2:
            device.batches.popleft()
            raise RuntimeError(said)
        return whole()

    device.collect = collect
    assert through(device, [[b"a", b"b"]]) == [[b"done a", b"done b"]]


def test_a_device_that_does_not_start_again_is_given_up():
    device = FakeDevice()
    device.capacity = 1
    device.restart_fails = True
    results = through(device, BATCHES)
    assert [len(batch) for batch in results] == [len(batch) for batch in BATCHES]
    assert all("given up: the device failed: CUDA driver gone" in one for batch in results for one in batch)
    assert device.restarts == 1


def test_a_failure_on_feeding_costs_nothing():
    device = FakeDevice()
    device.feed_fails = 1
    assert through(device, BATCHES) == ALL_DONE
    assert device.restarts == 1


def test_a_device_that_cannot_be_fed_is_given_up():
    device = FakeDevice()
    device.feed_fails = 10
    results = through(device, BATCHES)
    assert all("given up" in one for batch in results for one in batch)


def test_a_mistake_in_the_program_is_not_hidden():
    device = FakeDevice()
    device.collect = lambda: {}["no such thing"]
    with pytest.raises(KeyError):
        through(device, BATCHES)


@given(
    sizes=st.lists(st.integers(1, 6), max_size=8),
    bad=st.sets(st.integers(0, 30)),
    capacity=st.integers(1, 6),
    feed_capacity=st.integers(1, 12),
    depth=st.integers(1, 4),
    broken=st.booleans(),
    feed_fails=st.integers(0, 2),
    restart_fails=st.booleans(),
)
def test_every_job_has_its_own_outcome(sizes, bad, capacity, feed_capacity, depth, broken, feed_fails, restart_fails):
    device = FakeDevice(depth)
    device.bad = {b"%d" % number for number in bad}
    device.capacity, device.feed_capacity, device.broken = capacity, feed_capacity, broken
    device.feed_fails, device.restart_fails = feed_fails, restart_fails
    names = iter(range(1000))
    batches = [[b"%d" % next(names) for _ in range(size)] for size in sizes]
    results = through(device, batches)
    for batch, found in zip(batches, results, strict=True):
        for name, outcome in zip(batch, found, strict=True):
            assert outcome == b"done " + name or isinstance(outcome, str)
            assert not (name in device.bad and isinstance(outcome, bytes))


def test_nothing_of_a_failure_is_kept_while_the_device_starts_anew():
    """An exception's traceback would hold the frames, and with them the buffers, that the restart must free."""
    device = FakeDevice()
    alive = []

    class Buffer:
        pass

    def collect():
        buffer = Buffer()
        alive.append(weakref.ref(buffer))
        device.batches.clear()
        raise MemoryError("no room beside the buffer")

    kept = []
    restart = device.restart

    def restarted():
        kept.append(alive[-1]() is not None)
        restart()

    device.collect, device.restart = collect, restarted
    through(device, [[b"a", b"b"]])
    assert kept
    assert not any(kept)


def test_what_was_abandoned_is_never_taken_for_the_next_runs():
    device = FakeDevice()
    lane = FileLane(device)
    lane.feed([job(b"old")])
    lane.abandon()
    lane.feed([job(b"new")])
    assert lane.collect() == [b"done new"]
    lane.abandon()
    lane.feed([job(b"next")])
    assert lane.collect() == [b"done next"]
    assert device.restarts == 1, "only where something was left"


def test_what_is_drained_is_not_the_next_runs_and_costs_no_restart():
    device = FakeDevice()
    device.bad = {b"old"}
    lane = FileLane(device)
    for name in (b"older", b"old"):
        lane.feed([job(name)])
    lane.drain()
    assert not device.batches
    lane.feed([job(b"new")])
    assert lane.collect() == [b"done new"]
    assert device.restarts == 0


def test_a_device_that_was_left_while_it_was_drained_is_started_anew():
    device = FakeDevice()
    lane = FileLane(device)
    for name in (b"older", b"old"):
        lane.feed([job(name)])
    collect = device.collect

    def interrupted():
        raise KeyboardInterrupt

    device.collect = interrupted
    for _ in range(2):
        with contextlib.suppress(KeyboardInterrupt):
            lane.drain()
    device.collect = collect
    lane.feed([job(b"new")])
    assert lane.collect() == [b"done new"]
    assert device.restarts == 1
