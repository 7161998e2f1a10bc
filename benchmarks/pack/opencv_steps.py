"""im2rec.py's work, step by step, with OpenCV: what packing costs without this project.

imread (colour) → resize of the shorter edge (INTER_LINEAR) → imencode at quality 95 → record. As in im2rec.py, worker
processes do the pictures and the parent writes in list order; with one process everything happens in it.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable
from pathlib import Path

import cv2

from benchmarks.pack.records import OUT, pictures
from benchmarks.pack.task import QUALITY, Task, target
from gpu_im2rec.recordio import RecordWriter, pack_header

__all__ = ["pack", "pictures", "resized"]

_Entry = tuple[int, float, Path]


def pack(task: Task) -> None:
    """Pack as im2rec.py does."""
    if task.workers == 1:
        _write(map(_record, task.entries()), task.out / OUT)
        return
    with multiprocessing.Pool(task.workers, initializer=cv2.setNumThreads, initargs=(1,)) as pool:
        _write(pool.imap(_record, task.entries(), chunksize=8), task.out / OUT)


def resized(file: Path) -> bytes:
    """A picture's file as the JPEG that is packed."""
    pixels = cv2.imread(str(file), cv2.IMREAD_COLOR)
    assert pixels is not None, file
    height, width = pixels.shape[:2]
    _, content = cv2.imencode(".jpg", cv2.resize(pixels, target(width, height)), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return bytes(content)


def _write(records: Iterable[tuple[int, bytes, bytes]], out: Path) -> None:
    with RecordWriter(out) as writer:
        for record in records:
            writer.append(*record)


def _record(entry: _Entry) -> tuple[int, bytes, bytes]:
    index, label, file = entry
    return index, pack_header(index, [label], packed=False), resized(file)
