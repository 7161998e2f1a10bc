"""Whatever a device does, every sample has its own row, from the device or from the CPU loader."""

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gpu_im2rec.gpu import GpuLoader
from gpu_im2rec.transcode import Failure, Reason
from gpu_im2rec.transcode.loading import Loaded, Sample, TensorSpec
from tests.conftest import encoded
from tests.gpu.fake_device import FakeDevice
from tests.gpu.host_arrays import HostArrays

SPEC = TensorSpec(1, 1, 2, layout="NHWC")


class FakeTensorDevice(FakeDevice):
    """Rows of (number, 1) for the files that the tests make."""

    def collect(self):
        return np.array([(number_of(file[5:]), 1) for file in super().collect()], np.float32)


class FakeCpuLoader:
    """Rows of (number, 2), and failures for the files that say so."""

    name = "cpu"

    def __init__(self):
        self.loaded = []

    def load(self, batches):
        for samples in batches:
            self.loaded.extend(number_of(sample.data) for sample in samples)
            failures = {
                row: Failure(Reason.CORRUPT, str(number_of(sample.data)))
                for row, sample in enumerate(samples)
                if b"corrupt" in sample.data
            }
            rows = [(0, 0) if row in failures else (number_of(one.data), 2) for row, one in enumerate(samples)]
            yield Loaded(np.array(rows, np.float32).reshape(-1, 2), failures)


@functools.cache
def head():
    return encoded(Image.new("RGB", (30, 20)), "jpeg")[:-2]


def file(number, kind="jpeg"):
    return (head() if kind in ("jpeg", "bad") else kind.encode()) + b"%04d\xff\xd9" % number


def number_of(data):
    return int(data[-6:-2]) if data.startswith((head(), b"corrupt", b"other")) else 0


def loader(device, rescue=None, pictures=4):
    return GpuLoader(SPEC, device, HostArrays(), rescue or FakeCpuLoader(), pictures, 1 << 40)


def batches(numbers, pictures=4):
    samples = [Sample(file(number)) for number in numbers]
    return [samples[start : start + pictures] for start in range(0, len(samples), pictures)]


def rows(loaded):
    return np.concatenate([data.reshape(-1, 2) for data, _ in loaded]).tolist()


def test_a_failed_batch_is_the_cpu_loaders():
    device = FakeTensorDevice()
    device.bad = {file(5)}
    rescue = FakeCpuLoader()
    loaded = list(loader(device, rescue).load(batches(range(16))))
    assert rows(loaded) == [[number, 2 if 4 <= number < 8 else 1] for number in range(16)]
    assert rescue.loaded == [4, 5, 6, 7]
    assert device.restarts == 0


def test_a_device_that_stays_broken_is_started_anew_and_loses_one_batch():
    device = FakeTensorDevice()
    device.broken = True
    loaded = list(loader(device).load(batches(range(20))))
    assert rows(loaded) == [[number, 2 if number < 4 else 1] for number in range(20)]
    assert device.restarts == 1


def test_a_batch_that_finds_no_memory_is_tried_on_a_device_that_is_started_anew():
    device = FakeTensorDevice()
    device.capacity = 3
    restart = device.restart

    def with_more_room():
        restart()
        device.capacity = 4

    device.restart = with_more_room
    assert rows(list(loader(device).load(batches(range(12))))) == [[number, 1] for number in range(12)]
    assert device.restarts == 1


def test_without_memory_all_is_the_cpu_loaders():
    device = FakeTensorDevice()
    device.capacity = 3
    assert rows(list(loader(device).load(batches(range(12))))) == [[number, 2] for number in range(12)]


def test_a_device_that_was_given_up_gets_no_more_work():
    device = FakeTensorDevice()
    device.capacity, device.restart_fails = 0, True
    rescue = FakeCpuLoader()
    one = loader(device, rescue)
    samples = [Sample(file(number, "other" if number % 3 else "jpeg")) for number in range(4)]
    for _ in range(2):
        rescue.loaded.clear()
        assert rows(list(one.load([samples] * 3))) == [[number, 2] for number in range(4)] * 3
    assert device.restarts == 1
    assert sorted(rescue.loaded) == sorted([*range(4)] * 3), "each sample once"


def test_a_mistake_in_the_program_comes_out():
    device = FakeTensorDevice()
    device.feed = lambda jobs: {}["no such thing"]
    with pytest.raises(KeyError):
        list(loader(device).load(batches(range(12))))


def test_an_interruption_costs_no_order():
    """Ctrl-C strikes while the caller waits for the device, and the caller goes on with the same loader."""
    device = FakeTensorDevice()
    one = loader(device)
    loaded = one.load(batches(range(40)))
    next(loaded)
    with pytest.raises(KeyboardInterrupt):
        loaded.throw(KeyboardInterrupt)
    assert rows(list(one.load(batches(range(100, 112))))) == [[number, 1] for number in range(100, 112)]
    assert device.restarts == 1


@given(
    kinds=st.lists(st.sampled_from(["jpeg", "other", "bad", "corrupt"]), max_size=40),
    sizes=st.lists(st.integers(0, 5), max_size=10),
    depth=st.integers(1, 4),
    capacity=st.integers(1, 6),
    broken=st.booleans(),
    feed_fails=st.integers(0, 2),
    restart_fails=st.booleans(),
    left_after=st.integers(0, 4),
)
def test_every_sample_has_its_own_row(
    kinds, sizes, depth, capacity, broken, feed_fails, restart_fails, left_after
):  # fmt: skip
    device = FakeTensorDevice(depth)
    device.capacity, device.broken = capacity, broken
    device.feed_fails, device.restart_fails = feed_fails, restart_fails
    device.bad = {file(number, "bad") for number, kind in enumerate(kinds) if kind == "bad"}
    samples = [Sample(file(number, kind)) for number, kind in enumerate(kinds)]
    given_batches = []
    for size in sizes:
        given_batches.append(samples[:size])
        samples = samples[size:]
    one = loader(device, pictures=5)
    left = one.load(batches(range(500, 530), 3))
    for _ in range(left_after):
        next(left)
    left.close()
    loaded = list(one.load(given_batches))
    assert [len(data) for data, _ in loaded] == [len(batch) for batch in given_batches]
    number = 0
    for (data, failures), batch in zip(loaded, given_batches, strict=True):
        for row, sample in enumerate(batch):
            kind = kinds[number]
            of, by = data[row].reshape(2).tolist()
            if kind == "corrupt":
                assert (of, by) == (0, 0)
                assert failures[row].message == str(number)
            else:
                assert (of, row in failures) == (number, False), sample
                assert by == 2 or kind == "jpeg"
            number += 1
