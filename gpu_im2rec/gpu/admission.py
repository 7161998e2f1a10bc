"""The check on the host, before the device sees a file: from its header alone, in microseconds.

Decoders on the device fail a whole batch for one bad file, or give grey pixels for a cut one without a word. So only
what they decode surely goes there: whole JPEGs, baseline or progressive, of a size that fits. All else is the CPU's.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.transcode import Source, TranscodeSpec
from gpu_im2rec.transcode.formats import format_of
from gpu_im2rec.transcode.geometry import Plan, plan, upright
from gpu_im2rec.transcode.jpeg_header import END_OF_IMAGE, JpegHeader, read_header
from gpu_im2rec.transcode.spec import MAX_JPEG_EDGE

_BASELINE, _PROGRESSIVE = 0, 2
_TAIL = 1024  # bytes: cameras and editors leave some padding after the end marker


class Job(NamedTuple):
    """One picture for the device."""

    data: NDArray[np.uint8]  # the file
    plan: Plan  # of the upright picture
    components: int  # of the JPEG that comes out: 3 or 1
    memory: int  # bytes on the device, about


def admit(source: Source, spec: TranscodeSpec, memory: int) -> Job | str:
    """A job of at most ``memory`` bytes on the device, or why the CPU engine must take this picture."""
    data = source.data
    header = read_header(data) if format_of(data) == "JPEG" else None
    if header is None:
        return "not a JPEG"
    obstacle = _obstacle(header, data)
    if obstacle:
        return obstacle
    as_stored = spec.color == -1
    todo = plan(upright((header.width, header.height), 1 if as_stored else header.orientation), spec)
    pixels = header.width * header.height
    if pixels > spec.max_pixels or min(todo.size) < 1 or max(todo.size) > MAX_JPEG_EDGE:
        return "a JPEG of refused size"
    needed = _memory(pixels, todo.size[0] * todo.size[1])
    if needed > memory:
        return "too large for the device's memory"
    grey = spec.color == 0 or (as_stored and header.components == 1)
    return Job(np.frombuffer(data, np.uint8), todo, 1 if grey else 3, needed)


def _obstacle(header: JpegHeader, data: bytes) -> str:
    """What keeps a JPEG of any size from the device; empty where nothing does."""
    if header.components not in (1, 3) or header.is_rgb:
        return "a JPEG that is neither YCbCr nor grey"
    if header.process not in (_BASELINE, _PROGRESSIVE) or header.precision != 8 or header.padded:
        return "a rare kind of JPEG"
    if not header.width or not header.height:
        return "a JPEG of refused size"
    if not header.scan or data.find(END_OF_IMAGE, max(header.scan, len(data) - _TAIL)) < 0:
        return "a JPEG without its end"
    return ""


def _memory(decoded: int, resized: int) -> int:
    """Bytes: RGB as decoded; RGB as resized, its coefficients (two bytes for 1.5 values a pixel) and its code."""
    return 3 * decoded + 8 * resized
