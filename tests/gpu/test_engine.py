"""The engine around a device: order, batches, rescue, and an end without leftovers."""

import contextlib
import functools
import itertools
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cpu_fallback import CpuEngine
from gpu_im2rec.gpu import GpuEngine, Limits
from gpu_im2rec.gpu.admission import admit
from gpu_im2rec.transcode import Encoded, Failure, Reason, Source, TranscodeSpec
from tests.conftest import encoded
from tests.gpu.fake_device import FakeDevice

SPEC = TranscodeSpec(resize=48)
PLENTY = Limits(pictures=4, memory=1 << 40)


class FakeCpu:
    """Says ``cpu`` of every file, and fails those that say so."""

    name = "cpu"
    seam = 1

    def __init__(self):
        self.batches = []

    def kept(self):
        return contextlib.nullcontext()

    def transcode(self, batches):
        for batch in batches:
            self.batches.append(batch)
            yield [
                Failure(Reason.CORRUPT, "as it says") if b"corrupt" in source.data else Encoded(b"cpu " + source.data)
                for source in batch
            ]


def engine(device=None, cpu=None, limits=PLENTY):
    return GpuEngine(SPEC, device or FakeDevice(), cpu or FakeCpu(), limits)


def flat(batches):
    return [result for batch in batches for result in batch]


def left_over():
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(("device", "rescue"))]


@pytest.fixture
def jpegs(jpeg):
    """Different files that the device takes."""
    return [jpeg[:-2] + b"\0%d" % number + jpeg[-2:] for number in range(30)]


def test_results_are_the_sources_in_order(jpegs):
    sources = [Source(number, data) for number, data in enumerate(jpegs)]
    batches = [sources[:1], [], sources[1:11], sources[11:13], sources[13:]]
    results = list(engine().transcode(batches))
    assert [len(batch) for batch in results] == [len(batch) for batch in batches]
    assert flat(results) == [Encoded(b"done " + data) for data in jpegs]
    assert left_over() == []


def test_what_the_host_check_refuses_is_the_cpus_with_the_reason(jpegs):
    sources = [Source(number, data) for number, data in enumerate(jpegs[:10])]
    sources[2] = Source(2, b"GIF89a")
    sources[3] = Source(3, b"", Failure(Reason.MISSING, "gone"))
    sources[7] = Source(7, b"corrupt")
    cpu = FakeCpu()
    results = flat(engine(cpu=cpu).transcode([sources]))
    assert results[2] == Encoded(b"cpu GIF89a", "not a JPEG")
    assert results[3] == sources[3].failure
    assert results[7] == Failure(Reason.CORRUPT, "as it says")
    assert [result for number, result in enumerate(results) if number not in (2, 3, 7)] == [
        Encoded(b"done " + source.data) for number, source in enumerate(sources) if number not in (2, 3, 7)
    ]
    assert sorted(len(batch) for batch in cpu.batches) == [1, 1], "one picture at a time"


def test_a_failed_batch_is_the_cpus_and_the_run_goes_on(jpegs):
    device = FakeDevice()
    device.bad = {jpegs[5]}
    results = flat(engine(device).transcode([[Source(0, data) for data in jpegs]]))
    assert [result.data for result in results] == [
        (b"cpu " if 4 <= number < 8 else b"done ") + data for number, data in enumerate(jpegs)
    ]
    assert {result.rescue for result in results[4:8]} == {"the device failed: nvImageCodec failure: '#3'"}


def test_a_dead_device_leaves_all_to_the_cpu(jpegs):
    device = FakeDevice()
    device.capacity, device.restart_fails = 0, True
    results = flat(engine(device).transcode([[Source(0, data) for data in jpegs]]))
    assert [result.data for result in results] == [b"cpu " + data for data in jpegs]


def test_batches_are_bounded_in_pictures_device_memory_and_file_bytes(jpegs):
    def sizes(limits):
        device = FakeDevice()
        list(engine(device, limits=limits).transcode([[Source(0, data) for data in jpegs[:8]]]))
        return device.seen

    one = admit(SPEC, Source(0, jpegs[0]), 1 << 40).memory
    assert sizes(Limits(5, 1 << 40)) == [5, 3]
    assert sizes(Limits(8, 7 * one)) == [7, 1]
    assert sizes(Limits(8, 1 << 40, files=2 * len(jpegs[0]))) == [2, 2, 2, 2]
    assert sizes(Limits(8, 4 * one - 1)) == [], "a quarter of it is too little for one picture"


def test_batches_do_not_depend_on_how_sources_arrive(jpegs):
    sources = [Source(0, data) for data in jpegs]
    seen = []
    for step in (1, 3, 30):
        device = FakeDevice()
        list(engine(device).transcode(sources[start : start + step] for start in range(0, 30, step)))
        seen.append(device.seen)
    assert seen[0] == seen[1] == seen[2]


def test_no_more_is_pulled_than_the_device_has_use_for(jpegs):
    pulled = 0

    def endless():
        nonlocal pulled
        while True:
            pulled += 1
            yield [Source(0, jpegs[0])]

    device = FakeDevice()
    results = engine(device).transcode(endless())
    for number in range(1, 20):
        next(results)
        assert pulled <= number + (device.depth + 2) * PLENTY.pictures
    results.close()
    assert left_over() == []


def test_a_run_that_was_left_early_does_not_reach_into_the_next(jpegs):
    one = engine()
    first = one.transcode([[Source(0, data)] for data in jpegs[:20]])
    next(first)
    first.close()
    results = flat(one.transcode([[Source(0, data) for data in jpegs[20:]]]))
    assert results == [Encoded(b"done " + data) for data in jpegs[20:]]


def test_a_device_that_was_given_up_stays_so_in_the_next_run(jpegs):
    device = FakeDevice()
    device.capacity, device.restart_fails = 0, True
    one = engine(device)
    for _ in range(2):
        assert {result.data[:3] for result in flat(one.transcode([[Source(0, data) for data in jpegs]]))} == {b"cpu"}
    assert device.restarts == 1


def test_files_that_cannot_be_read_do_not_pile_up():
    pulled = 0

    def missing():
        nonlocal pulled
        while True:
            pulled += 1
            yield [Source(0, b"", Failure(Reason.MISSING, "gone"))]

    results = engine().transcode(missing())
    next(results)
    assert pulled <= 4 * PLENTY.pictures * 5
    results.close()


def test_an_error_in_reading_ends_the_work(jpegs):
    def broken():
        yield [Source(0, jpegs[0])] * 9
        raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        list(engine().transcode(broken()))
    assert left_over() == []


def test_a_mistake_in_the_program_comes_out(jpegs):
    device = FakeDevice()
    device.feed = lambda jobs: {}["no such thing"]
    with pytest.raises(KeyError):
        list(engine(device).transcode([[Source(0, jpegs[0])]]))


@given(
    kinds=st.lists(st.sampled_from(["jpeg", "other", "failed", "bad", "corrupt"]), max_size=40),
    cuts=st.lists(st.integers(0, 40), max_size=6),
    pictures=st.integers(1, 7),
    depth=st.integers(1, 4),
    capacity=st.integers(1, 8),
)
def test_every_source_has_its_own_result(kinds, cuts, pictures, depth, capacity):
    head = tiny_jpeg()
    device = FakeDevice(depth)
    device.capacity = capacity
    sources = []
    for number, kind in enumerate(kinds):
        data = (
            head[:-2] + b"%04d" % number + head[-2:] if kind in ("jpeg", "bad") else b"%s %d" % (kind.encode(), number)
        )
        if kind == "bad":
            device.bad.add(data)
        sources.append(Source(number, data, Failure(Reason.MISSING, str(number)) if kind == "failed" else None))
    edges = sorted({0, len(kinds), *(cut for cut in cuts if cut < len(kinds))})
    batches = [sources[start:end] for start, end in itertools.pairwise(edges)]
    results = list(engine(device, limits=Limits(pictures, 1 << 40)).transcode(batches))
    assert [len(batch) for batch in results] == [len(batch) for batch in batches]
    for source, kind, result in zip(sources, kinds, flat(results), strict=True):
        if kind == "failed":
            assert result is source.failure
        elif kind == "corrupt":
            assert isinstance(result, Failure)
        else:
            assert result.data.split(b" ", 1)[1] == source.data
            assert bool(result.rescue) == result.data.startswith(b"cpu")
            assert result.rescue or kind == "jpeg"


@functools.cache
def tiny_jpeg():
    return encoded(Image.new("RGB", (30, 20)), "jpeg")


def test_the_real_cpu_engine_rescues(photo):
    """PNGs, which the device refuses, come out as the CPU engine makes them."""
    sources = [Source(number, encoded(photo.rotate(number), "png")) for number in range(9)]
    alone = flat(CpuEngine(SPEC, 2).transcode([sources]))
    results = flat(engine(cpu=CpuEngine(SPEC, 2)).transcode([sources]))
    assert [result.data for result in results] == [result.data for result in alone]
    assert {result.rescue for result in results} == {"not a JPEG"}


@given(
    kinds=st.lists(st.sampled_from(["good", "bad", "unread"]), max_size=40),
    pictures=st.integers(1, 5),
    memory=st.integers(100_000, 300_000),
    seam=st.integers(3, 9),
)
def test_a_run_that_begins_at_a_seam_sees_the_same_batches(kinds, pictures, memory, seam):
    """What a device makes of a picture may depend on its batch: so that a run may be gone on with."""
    good = tiny_jpeg()
    contents = {"good": good, "bad": b"no JPEG", "unread": b""}
    sources = [
        Source(number, contents[kind], Failure(Reason.MISSING, "gone") if kind == "unread" else None)
        for number, kind in enumerate(kinds)
    ]

    def batches(part):
        device = FakeDevice()
        limits = Limits(pictures=pictures, memory=memory, seam=seam)
        list(engine(device, limits=limits).transcode([[source] for source in part]))
        return device.seen

    whole = batches(sources)
    for start in range(0, len(sources), seam):
        first, rest = batches(sources[:start]), batches(sources[start:])
        assert first + rest == whole


def test_the_meter_counts_every_source_and_the_device_s_time(jpegs):
    class Slow(FakeDevice):
        def collect(self):
            time.sleep(0.01)
            return super().collect()

    device = Slow()
    device.bad = {jpegs[9]}
    one = engine(device)
    sources = [Source(key, data) for key, data in enumerate(jpegs)]
    sources += [Source(30, b"no picture"), Source(31, b"", Failure(Reason.MISSING, "gone"))]
    flat(one.transcode([sources[:20], sources[20:]]))
    assert one.meter.pictures == 32
    assert one.meter.width == 1
    assert 0.01 * len(device.seen) <= one.meter.busy_seconds < 10
    flat(one.transcode([sources]))
    assert one.meter.pictures == 64
