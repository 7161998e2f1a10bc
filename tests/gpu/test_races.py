"""No thread of a launch reads or writes what another one writes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest

from gpu_im2rec.gpu import jpeg_decoder
from gpu_im2rec.gpu.jpeg_decoder import NOT_IN_STEP
from tests.gpu.races import MADE

FLAGS = set(jpeg_decoder._FLAGS.values())


def test_threads_of_a_launch_do_not_race():
    if not shutil.which("g++") or not os.path.isabs(subprocess.getoutput("g++ -print-file-name=libtsan.so")):
        pytest.skip("needs g++ with ThreadSanitizer")
    command = [sys.executable, "-m", "tests.gpu.races"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    if "unexpected memory mapping" in ran.stderr:
        pytest.skip("ThreadSanitizer does not work with this kernel's address space layout")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.endswith("no races\n")
    became = {what: int(count) for count, what in re.findall(r"(\d+)  (.*)", ran.stdout)}
    assert became.pop(MADE) > 100
    assert set(became) | {NOT_IN_STEP} == FLAGS
