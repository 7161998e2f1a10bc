"""MXNet's own im2rec.py, the script as its wheel brings it, by a Python that has mxnet."""

from __future__ import annotations

import runpy
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2  # noqa: F401 (what the script imports is loaded before the clock starts)
import mxnet

from benchmarks.pack.task import EDGE, QUALITY, Task

_SCRIPT = Path(mxnet.__file__).parent / "tools" / "im2rec.py"


def resize(task: Task) -> None:
    """With a process a worker, one that writes, and one that deals out the list."""
    _run(task, "--resize", str(EDGE), "--quality", str(QUALITY))


def pass_through(task: Task) -> None:
    """The files' own bytes."""
    _run(task, "--pass-through")


def pictures(out: Path) -> Iterator[bytes]:
    """Of what was packed into the folder ``out``, by MXNet's reader."""
    reader = mxnet.recordio.MXRecordIO(str(out / "out.rec"), "r")
    while record := reader.read():
        yield mxnet.recordio.unpack(record)[1]


def _run(task: Task, *options: str) -> None:
    shutil.copy(task.list, task.out / "out.lst")  # it takes the lists that begin as the output does
    sys.argv = [str(_SCRIPT), str(task.out / "out"), str(task.root), "--num-thread", str(task.workers), *options]
    runpy.run_path(str(_SCRIPT), run_name="__main__")
