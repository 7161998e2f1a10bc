"""One bad or odd input: a line of a list, and what lies where it points."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from gpu_im2rec.transcode.geometry import Size

SIZE = (192, 128)  # of the picture, where nothing else is said


class Case(NamedTuple):
    """A line of a list, and what lies where it points."""

    kind: str  # the row of docs/bad-input.md
    content: bytes | Callable[[Path], object] | None  # a file's bytes; what makes the thing at a path; None: nothing
    size: Size = SIZE  # of the upright picture
    line: bytes = b"{index}\t1\t{name}"
    suffix: str = ".jpg"
    index: int | None = None  # the record's id where the line says another than its own number


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """``image`` as a file of ``kind``."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def flipped(data: bytes, at: int, bit: int = 4) -> bytes:
    """``data`` with one bit turned over."""
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


def zeroed(data: bytes, start: int, length: int) -> bytes:
    """``data`` with a run of zero bytes in it."""
    return data[:start] + bytes(length) + data[start + length :]
