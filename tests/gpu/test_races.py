"""No thread of a launch reads or writes what another one writes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest


def test_threads_of_a_launch_do_not_race():
    if not shutil.which("g++") or not os.path.isabs(subprocess.getoutput("g++ -print-file-name=libtsan.so")):
        pytest.skip("needs g++ with ThreadSanitizer")
    command = [sys.executable, "-m", "tests.gpu.races"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    if "unexpected memory mapping" in ran.stderr:
        pytest.skip("ThreadSanitizer does not work with this kernel's address space layout")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.endswith("no races\n")
