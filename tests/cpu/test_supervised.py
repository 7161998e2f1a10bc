"""Pictures that really crash, hang and stop their process."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from cpu_fallback import child, isolated
from cpu_fallback.supervised import SupervisedTranscoder
from cpu_fallback.transcoder import Transcoder
from gpu_im2rec.errors import IsolationError
from gpu_im2rec.transcode import Encoded, Failure, Reason, Source, TranscodeSpec
from tests.conftest import encoded
from tests.cpu.fatal import Fatal, dies_at_start, hangs_at_start, is_running, no_child_left, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals and /proc")

SPEC = TranscodeSpec(resize=48)


@pytest.fixture(autouse=True)
def nothing_remains():
    with no_child_left():
        yield
    assert not [thread for thread in threading.enumerate() if thread.name == "watch"]


@pytest.fixture
def fatal():
    transcoder = SupervisedTranscoder(Fatal)
    yield lambda word, key=0: transcoder.transcode(Source(key, word))
    transcoder.close()


@pytest.fixture
def impatient():
    transcoder = SupervisedTranscoder(Fatal, seconds=1)
    yield lambda word, key=0: transcoder.transcode(Source(key, word))
    transcoder.close()


def test_results_are_the_transcoders_own(photo, jpeg):
    sources = [Source(number, encoded(photo.rotate(number), kind)) for number, kind in enumerate(("jpeg", "png"))]
    sources += [Source(2**64 - 1, jpeg[:-2000]), Source(3, b"no picture"), Source(4, b"")]
    for spec in (SPEC, TranscodeSpec(interp="random", resize=60, encoding="png")):
        transcoder = isolated(spec)()
        assert [transcoder.transcode(source) for source in sources] == list(map(Transcoder(spec).transcode, sources))
        transcoder.close()


def test_large_files_and_odd_messages_pass(fatal):
    large = os.urandom(20_000_000)
    assert fatal(large) == Encoded(large)
    assert fatal(b"fails", 2**64 - 1) == Failure(Reason.CORRUPT, f"no picture \udcff {2**64 - 1}")
    assert fatal(b"prints") == Encoded(b"printed")
    assert fatal(b"last") == Encoded(b"last")


@pytest.mark.parametrize(
    ("word", "told"),
    [
        (b"segfault", "crashed (SIGSEGV)"),
        (b"abort", "crashed (SIGABRT)"),
        (b"realtime", f"crashed (signal {signal.SIGRTMIN + 3})"),
        (b"exit", "ended its process with exit code 3"),
        (b"memory", "ended its process with exit code 1"),
        (b"cut", "ended its process with exit code 0"),
        (b"killed", "was killed (SIGKILL), most likely for want of memory"),
    ],
)
def test_a_crash_costs_its_picture_and_the_next_gets_a_new_process(fatal, word, told):
    before = fatal(b"pid")
    result = fatal(word)
    assert result.reason is Reason.CRASHED
    assert told in result.message
    after = fatal(b"pid")
    assert isinstance(after, Encoded)
    assert after != before
    assert fatal(b"pid") == after


def test_a_process_that_says_no_more_but_lingers_is_killed(fatal, monkeypatch):
    monkeypatch.setattr(child, "_SECONDS_TO_END", 0.1)
    assert fatal(b"lingers").reason is Reason.CRASHED
    assert fatal(b"after") == Encoded(b"after")


@pytest.mark.parametrize("word", [b"loop", b"spin", b"freeze"])
def test_a_picture_without_end_costs_itself(impatient, word):
    assert impatient(b"before") == Encoded(b"before")
    assert impatient(word) == Failure(Reason.TIMED_OUT, "not done after 1 s")
    assert impatient(b"after") == Encoded(b"after")


def test_a_process_that_takes_nothing_any_more_does_not_hold_its_parent(impatient):
    state = Path("/proc", impatient(b"pid").data.decode(), "stat")
    assert impatient(b"freezes") == Encoded(b"frozen soon")
    assert wait_until(lambda: ") T " in state.read_text())
    assert impatient(bytes(5_000_000)).reason is Reason.TIMED_OUT
    assert impatient(b"after") == Encoded(b"after")


def test_the_limits_are_for_a_picture_and_not_for_the_wait_between_two(impatient):
    before = impatient(b"pid")
    time.sleep(2.3)
    assert impatient(b"pid") == before


def test_ctrl_c_is_not_for_a_child(fatal):
    before = fatal(b"pid")
    assert os.getpgid(int(before.data)) != os.getpgid(0)
    os.kill(int(before.data), signal.SIGINT)
    assert fatal(b"pid") == before


def test_a_picture_does_not_pay_for_the_one_before_it(fatal):
    assert fatal(b"poison") == Encoded(b"poisoned")
    assert fatal(b"innocent") == Encoded(b"innocent")


def test_a_process_that_does_not_start_is_an_error_and_not_tried_on_and_on(monkeypatch):
    transcoder = SupervisedTranscoder(dies_at_start)
    with pytest.raises(IsolationError, match=r"exit code 7.*Lower --workers, or go without"):
        transcoder.transcode(Source(0, b"x"))
    transcoder.close()
    transcoder = SupervisedTranscoder(hangs_at_start, seconds=0.5)
    with pytest.raises(IsolationError, match=r"not ready after 0.5 s"):
        transcoder.transcode(Source(0, b"x"))
    transcoder.close()
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    transcoder = SupervisedTranscoder(Fatal)
    with pytest.raises(IsolationError, match=r"No such file.*'/no/such/python'"):
        transcoder.transcode(Source(0, b"x"))
    transcoder.close()


@pytest.mark.parametrize("word", [b"loop", b"spin", b"freeze"])
def test_closing_ends_a_picture_under_way(word):
    transcoder = SupervisedTranscoder(Fatal, seconds=600)
    raised = []

    def work():
        try:
            transcoder.transcode(Source(0, word))
        except CancelledError as error:
            raised.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.5)
    transcoder.close()
    thread.join(20)
    assert not thread.is_alive()
    assert len(raised) == 1
    with pytest.raises(CancelledError):
        transcoder.transcode(Source(0, b"x"))
    transcoder.close()


PROGRAM = """
import sys
from cpu_fallback.supervised import SupervisedTranscoder
from gpu_im2rec.transcode import Source
from tests.cpu.fatal import Fatal
transcoder = SupervisedTranscoder(Fatal, seconds=1)
print(transcoder.transcode(Source(0, b"pid")).data.decode(), flush=True)
transcoder.transcode(Source(0, sys.argv[1].encode())) if sys.argv[1] else sys.stdin.read()
"""


@pytest.mark.parametrize("word", ["", "loop", "spin"])
def test_children_end_when_their_parent_was_killed(word):
    """One that waits by the end of its input, one that is at work by its own alarm."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", PROGRAM, word], cwd=Path.cwd(), **pipes) as parent:
        pid = int(parent.stdout.readline())
        time.sleep(0.3)
        parent.kill()
    assert wait_until(lambda: not is_running(pid))


def test_a_closed_standard_error_and_input_do_no_harm():
    """Their numbers are given to the next files that are opened."""
    program = f"import os, sys; os.close(0); os.close(2)\n{PROGRAM.replace('sys.stdin.read()', 'None')}"
    command = [sys.executable, "-c", f"{program}transcoder.close()", "prints"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    assert int(done.stdout) > 0
