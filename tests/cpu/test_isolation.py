"""The engine whose transcoders are processes: the same results, in order, and nobody left behind."""

import sys
import threading
from concurrent.futures import CancelledError
from functools import partial

import pytest

from cpu_fallback import CpuEngine, isolated
from cpu_fallback.crew import Crew
from cpu_fallback.supervised import SupervisedTranscoder
from gpu_im2rec.errors import IsolationError
from gpu_im2rec.gpu import GpuEngine, Limits
from gpu_im2rec.transcode import Encoded, Failure, Reason, Source, TranscodeSpec
from tests.cpu.fatal import Fatal, dies_at_start, no_child_left
from tests.gpu.fake_device import FakeDevice

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals and /proc")

SPEC = TranscodeSpec(resize=48)


@pytest.fixture(autouse=True)
def nothing_remains():
    with no_child_left():
        yield
    assert not [thread for thread in threading.enumerate() if thread.name.startswith(("watch", "transcode"))]


def engine(workers, make=Fatal, seconds=600):
    return CpuEngine(SPEC, workers, partial(SupervisedTranscoder, make, seconds))


def flat(batches):
    return [result for batch in batches for result in batch]


def test_every_picture_has_its_own_fate_for_any_number_of_workers():
    words = [b"%d" % number for number in range(40)]
    words[3], words[4], words[11], words[30] = b"segfault", b"abort", b"exit", b"fails"
    sources = [Source(number, word) for number, word in enumerate(words)]
    sources[5] = Source(5, b"segfault", Failure(Reason.MISSING, "gone"))
    batches = [sources[:1], sources[1:8], [], sources[8:18], *([source] for source in sources[18:])]
    one, *others = [list(engine(workers).transcode(batches)) for workers in (1, 2, 3)]
    assert [len(batch) for batch in one] == [len(batch) for batch in batches]
    assert [result.reason for result in flat(one) if isinstance(result, Failure)] == [
        Reason.CRASHED, Reason.CRASHED, Reason.MISSING, Reason.CRASHED, Reason.CORRUPT
    ]  # fmt: skip
    assert flat(one)[39] == Encoded(b"39")
    assert others == [one, one]


def test_one_process_a_worker():
    pids = {result.data for result in flat(engine(3).transcode([Source(0, b"pid")] * 5 for _ in range(60)))}
    assert len(pids) == 3


def test_leaving_early_ends_processes_at_work():
    results = engine(2).transcode([[Source(0, word)] for word in (b"first", b"loop", b"spin", b"last")] * 9)
    assert next(results) == [Encoded(b"first")]
    thread = threading.Thread(target=results.close)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()


def test_an_error_in_reading_ends_the_processes():
    def broken():
        yield [Source(0, b"loop")]
        raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        list(engine(2).transcode(broken()))


def test_processes_that_do_not_start_end_the_work():
    with pytest.raises(IsolationError, match="exit code 7"):
        list(engine(3, dies_at_start).transcode([[Source(0, b"x")]] * 20))


def test_a_closed_crew_lends_nobody():
    crew = Crew(partial(SupervisedTranscoder, Fatal))
    crew.close()
    with pytest.raises(CancelledError), crew.worker():
        pass


def test_stages_are_measured_as_ever(jpeg):
    isolating = CpuEngine(SPEC, 2, isolated(SPEC))
    assert set(isolating.stages([Source(0, jpeg)] * 4)) == {"decode", "resize", "encode"}


def test_a_gpus_rescue_keeps_its_processes_for_the_run(jpeg):
    """Pictures for the device part the run into many calls for the others."""
    rescue = engine(2)
    gpu = GpuEngine(SPEC, FakeDevice(), rescue, Limits(pictures=2, memory=1 << 40))
    batches = [[Source(0, jpeg), Source(1, b"pid"), Source(2, jpeg), Source(3, b"fails")]] * 12
    with no_child_left():
        results = flat(gpu.transcode(batches))
    assert len({result.data for result in results if isinstance(result, Encoded) and result.rescue}) <= 2


def test_a_gpu_run_that_is_left_early_ends_its_rescue(jpeg):
    gpu = GpuEngine(SPEC, FakeDevice(), engine(2), Limits(pictures=2, memory=1 << 40))
    sources = [Source(0, jpeg), Source(1, b"well"), Source(2, jpeg), Source(3, b"loop")]
    results = gpu.transcode([[source] for source in [sources[0], sources[1], sources[2]] * 6 + [sources[3]] * 90])
    next(results)
    thread = threading.Thread(target=results.close)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()
    assert flat(gpu.transcode([[Source(0, b"again")]])) == [Encoded(b"again", "not a JPEG")]
