"""Tar files by webdataset's ShardWriter; Pillow decodes, resizes and encodes, in processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from PIL import Image
from webdataset import ShardWriter

from benchmarks.pack.tars import pictures
from benchmarks.pack.task import QUALITY, Task, target

__all__ = ["pass_through", "pictures", "resize"]

_Sample = dict[str, object]


def resize(task: Task) -> None:
    """Processes do the pictures, this one writes."""
    with multiprocessing.Pool(task.workers) as pool:
        _write(pool.imap(_resized, task.entries(), chunksize=8), task.out)


def pass_through(task: Task) -> None:
    """The files' own bytes, in this process."""
    _write((_sample(index, label, file.read_bytes()) for index, label, file in task.entries()), task.out)


def _write(samples: Iterable[_Sample], out: Path) -> None:
    with ShardWriter(str(out / "%06d.tar"), maxsize=1 << 30, verbose=0) as writer:
        for sample in samples:
            writer.write(sample)


def _resized(entry: tuple[int, float, Path]) -> _Sample:
    index, label, file = entry
    picture, out = Image.open(file), BytesIO()
    picture.thumbnail(target(*picture.size))  # antialiased; large JPEGs are not decoded at full size
    picture.convert("RGB").save(out, "jpeg", quality=QUALITY)
    return _sample(index, label, out.getvalue())


def _sample(index: int, label: float, content: bytes) -> _Sample:
    return {"__key__": f"{index:08}", "jpg": content, "cls": int(label)}
