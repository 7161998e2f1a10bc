"""Launches become one graph when they are known to work."""

import pytest

from gpu_im2rec.gpu.recorded import Recorded


class Stream:
    """Notes what is asked of it."""

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


def test_what_cannot_be_recorded_is_launched_plainly():
    stream = Stream()

    def launches():
        if stream.did and stream.did[-1] == "begin":
            raise RuntimeError("cudaErrorStreamCaptureInvalidated")
        stream.did.append("launches")

    work = Recorded(launches, stream)
    for _ in range(3):
        work()
    assert stream.did == ["launches", "begin", "end", "launches", "launches"]


def test_a_graph_that_cannot_be_launched_is_given_up():
    stream = Stream()

    def launch(graph):
        raise RuntimeError("CUDA error")

    work = Recorded(lambda: stream.did.append("launches"), stream)
    work()
    stream.launch = launch
    for _ in range(2):
        work()
    assert stream.did == ["launches", "begin", "launches", "end", "launches", "launches"]


def test_launches_that_fail_are_not_hidden():
    failing = []

    def launches():
        if failing:
            raise RuntimeError("CUDA error")

    work = Recorded(launches, Stream())
    work()
    failing.append(True)
    with pytest.raises(RuntimeError, match="CUDA error"):
        work()
