"""Launches become one graph when they are known to work."""

import pytest

from gpu_im2rec.gpu.recorded import Recorded


class Stream:
    """Notes what is asked of it, and fails to launch where it is told to."""

    def __init__(self):
        self.did = []

    def begin_capture(self):
        self.did.append("begin")

    def end_capture(self):
        self.did.append("end")
        return self

    def launch(self, stream):
        assert stream is self
        self.did.append("graph")


def test_the_first_time_plainly_then_recorded_then_as_a_graph():
    stream = Stream()
    work = Recorded(lambda: stream.did.append("launches"), stream)
    work()
    assert stream.did == ["launches"]
    work()
    assert stream.did == ["launches", "begin", "launches", "end", "graph"]
    work()
    assert stream.did[5:] == ["graph"]


def test_a_recording_that_fails_ends_all_the_same():
    stream = Stream()
    failing = []

    def launches():
        if failing:
            raise RuntimeError("CUDA error")

    work = Recorded(launches, stream)
    work()
    failing.append(True)
    with pytest.raises(RuntimeError, match="CUDA error"):
        work()
    assert stream.did == ["begin", "end"]
