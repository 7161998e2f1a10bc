"""im2rec.py's work, step by step, with OpenCV: what packing costs without this project.

imread (colour) → resize of the shorter edge (INTER_LINEAR) → imencode at quality 95 → record. As in im2rec.py, worker
processes do the pictures and the parent writes in list order; with one process everything happens in it.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import cv2

from gpu_im2rec.lists import Entry, read_list
from gpu_im2rec.recordio import RecordWriter, pack_header


def pack(list_path: Path, root: Path, out: Path, *, resize: int, processes: int) -> int:
    """Pack as im2rec.py does; how many records."""
    entries = read_list(list_path)
    work = partial(_picture, root=root, resize=resize)
    if processes == 1:
        return _write(map(work, entries), out)
    with multiprocessing.Pool(processes, initializer=cv2.setNumThreads, initargs=(1,)) as pool:
        return _write(pool.imap(work, entries, chunksize=8), out)


def _write(records: Iterable[tuple[int, bytes, bytes]], out: Path) -> int:
    with RecordWriter(out, overwrite=True) as writer:
        for key, header, content in records:
            writer.append(key, header, content)
        return writer.records


def _picture(entry: Entry, *, root: Path, resize: int) -> tuple[int, bytes, bytes]:
    pixels = cv2.imread(str(root / entry.path), cv2.IMREAD_COLOR)
    assert pixels is not None
    height, width = pixels.shape[:2]
    size = (resize, height * resize // width) if height > width else (width * resize // height, resize)
    _, content = cv2.imencode(".jpg", cv2.resize(pixels, size), [cv2.IMWRITE_JPEG_QUALITY, 95])
    return entry.index, pack_header(entry.index, entry.labels, packed=False), content.tobytes()
