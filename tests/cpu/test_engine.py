import threading

import pytest

from cpu_fallback import CpuEngine
from cpu_fallback.transcoder import Transcoder
from gpu_im2rec.transcode import Encoded, Failure, Reason, Source, TranscodeSpec
from tests.conftest import encoded

SPEC = TranscodeSpec(resize=48)


@pytest.fixture(scope="module")
def batches(photo):
    files = [encoded(photo.rotate(7 * number), "jpeg") for number in range(20)]
    files[3] = b"no picture"
    sources = [Source(number, content) for number, content in enumerate(files)]
    sources[5] = Source(5, b"", Failure(Reason.MISSING, "gone"))
    return [sources[:1], sources[1:8], [], sources[8:18], sources[18:]]


def test_results_are_the_sources_in_order_for_any_number_of_workers(batches):
    expected = [[source.failure or Transcoder(SPEC).transcode(source) for source in batch] for batch in batches]
    assert expected[1][2].reason is Reason.NOT_AN_IMAGE
    assert expected[1][4].reason is Reason.MISSING
    for workers in (1, 2, 5):
        assert list(CpuEngine(SPEC, workers).transcode(batches)) == expected


def test_no_more_batches_are_pulled_than_keep_the_workers_busy(jpeg):
    pulled = 0

    def endless():
        nonlocal pulled
        while True:
            pulled += 1
            yield [Source(0, jpeg)]

    results = CpuEngine(SPEC, workers=2).transcode(endless())
    for number in range(1, 11):
        next(results)
        assert pulled <= number + 3 * 2
    results.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("transcode")]


def test_an_error_in_reading_ends_the_work(jpeg):
    def broken():
        yield [Source(0, jpeg)]
        raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        list(CpuEngine(SPEC, workers=2).transcode(broken()))


def test_an_engine_serves_many_runs(jpeg):
    engine = CpuEngine(SPEC, workers=2)
    first, second = (list(engine.transcode([[Source(0, jpeg)]])) for _ in range(2))
    assert first == second
    assert isinstance(first[0][0], Encoded)
