"""litdata's `optimize`: functions of ours in its worker processes, which write its chunks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
from litdata import StreamingDataset, optimize

from benchmarks.pack.task import QUALITY, Task, target

_CHUNK = "64MB"  # as its documentation has it

_Entry = tuple[int, float, str]


def resize(task: Task) -> None:
    """im2rec's steps with OpenCV."""
    _optimize(task, _resized)


def pass_through(task: Task) -> None:
    """The files' own bytes."""
    _optimize(task, _as_it_is)


def pictures(out: Path) -> Iterator[bytes]:
    """Of the chunks in the folder ``out``, by its reader."""
    for sample in StreamingDataset(str(out)):
        yield sample["image"]


def _optimize(task: Task, work: Callable[[_Entry], dict[str, Any]]) -> None:
    os.environ["DATA_OPTIMIZER_CACHE_FOLDER"] = f"{task.out}.cache"  # where chunks lie before they are moved to `out`
    os.environ["DATA_OPTIMIZER_DATA_CACHE_FOLDER"] = f"{task.out}.data"
    entries = [(index, label, str(file)) for index, label, file in task.entries()]
    options = {"chunk_bytes": _CHUNK, "num_workers": task.workers, "start_method": "fork", "verbose": False}
    optimize(work, entries, str(task.out), **options)


def _resized(entry: _Entry) -> dict[str, Any]:
    cv2.setNumThreads(1)
    pixels = cv2.imread(entry[2], cv2.IMREAD_COLOR)
    assert pixels is not None, entry
    height, width = pixels.shape[:2]
    _, content = cv2.imencode(".jpg", cv2.resize(pixels, target(width, height)), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return _sample(entry, bytes(content))


def _as_it_is(entry: _Entry) -> dict[str, Any]:
    return _sample(entry, Path(entry[2]).read_bytes())


def _sample(entry: _Entry, content: bytes) -> dict[str, Any]:
    return {"index": entry[0], "label": entry[1], "image": content}
