"""How the command line ends a run that does not go on, or is told to end."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.conftest import encoded, heed_ctrl_c

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")

HANGING = """
import sys, threading
from gpu_im2rec.packing.root import Root

read = Root.read

def hang(self, path):
    if path.startswith("1"):
        print("hangs", flush=True)
        threading.Event().wait()
    return read(self, path)

Root.read = hang
from gpu_im2rec.cli import main
main()
"""


@pytest.fixture
def hanging(folder, jpeg):
    """A run in which reading the second file never ends."""
    for number in range(3):
        folder.add(f"{number}.jpg", jpeg)

    def start(*options):
        command = [sys.executable, "-c", HANGING, "pack", folder.list, folder.root, folder.out, *options]
        pipe = subprocess.PIPE
        run = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, preexec_fn=heed_ctrl_c)
        runs.append(run)
        assert run.stdout.readline() == "hangs\n"
        return run

    runs = []
    yield start
    for run in runs:
        run.kill()
        run.communicate()


def test_a_standstill_ends_the_process(hanging, folder):
    run = hanging("--stall-timeout", "0.5")
    _, said = run.communicate(timeout=30)
    assert run.returncode == 1
    assert "error: no progress for 0.5 seconds (--stall-timeout). Where the threads stand:\n" in said
    assert "'1.jpg'" in said
    assert "Traceback" not in said


def test_a_second_ctrl_c_does_not_wait(hanging):
    run = hanging()
    os.kill(run.pid, signal.SIGINT)
    time.sleep(0.5)
    assert run.poll() is None
    os.kill(run.pid, signal.SIGINT)
    _, said = run.communicate(timeout=30)
    assert run.returncode == 130
    assert said.startswith("interrupted")
    assert "Traceback" not in said


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_other_ways_to_be_told_to_end(folder, photo, name):
    large = encoded(photo.resize((2000, 1500)), "jpeg")
    for _ in range(3000):
        folder.add("large.jpg", large)
    command = [sys.executable, "-m", "gpu_im2rec", "pack", folder.list, folder.root, folder.out, "--resize", "256"]
    number = getattr(signal, name)

    def heed():  # whoever runs the tests may have it ignored
        signal.signal(number, signal.SIG_DFL)

    run = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=heed)
    deadline = time.monotonic() + 60
    while not folder.left_behind() and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.3)
    os.kill(run.pid, number)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 128 + number
    assert "interrupted; nothing half-written is left" in said
    assert folder.left_behind() == []


def test_nohup_is_heeded():
    script = (
        "import signal; from gpu_im2rec.cli import signals; signals.heed();"
        "assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN"
    )

    def ignore():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    assert subprocess.run([sys.executable, "-c", script], preexec_fn=ignore, check=False).returncode == 0
