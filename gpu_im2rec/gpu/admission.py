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
from gpu_im2rec.transcode.loading import Sample, TensorSpec
from gpu_im2rec.transcode.spec import MAX_JPEG_EDGE

_BASELINE, _PROGRESSIVE = 0, 2
_ENCODED = 8  # bytes a pixel: RGB as resized, its coefficients (two bytes for 1.5 values a pixel) and its code
_LOADED = 15  # bytes a pixel: RGB as resized, and three float32
_TAIL = 1024  # bytes: cameras and editors leave some padding after the end marker


class Job(NamedTuple):
    """One picture for the device."""

    data: NDArray[np.uint8]  # the file
    plan: Plan  # of the upright picture
    components: int  # that come out: 3 or 1
    memory: int  # bytes on the device, about
    mirror: bool = False  # swap left and right


def admit(source: Source, spec: TranscodeSpec, memory: int) -> Job | str:
    """A job of at most ``memory`` bytes on the device, or why the CPU engine must take this picture."""
    header = _header(source.data)
    if isinstance(header, str):
        return header
    as_stored = spec.color == -1
    todo = plan(upright((header.width, header.height), 1 if as_stored else header.orientation), spec)
    grey = spec.color == 0 or (as_stored and header.components == 1)
    job = Job(np.frombuffer(source.data, np.uint8), todo, 1 if grey else 3, _memory(header, todo, _ENCODED))
    return _refused(header, job, spec.max_pixels, memory) or job


def admit_sample(sample: Sample, spec: TensorSpec, memory: int) -> Job | str:
    """The same for a picture on its way into a batch of 1 or 3 channels, and the CPU loader."""
    header = _header(sample.data)
    if isinstance(header, str):
        return header
    todo = spec.plan(upright((header.width, header.height), header.orientation), sample.crop)
    memory_needed = _memory(header, todo, _LOADED)
    job = Job(np.frombuffer(sample.data, np.uint8), todo, spec.channels, memory_needed, sample.mirror)
    return _refused(header, job, spec.max_pixels, memory) or job


def _header(data: bytes) -> JpegHeader | str:
    """The header of a JPEG that the device decodes if it is not too large, or why it does not."""
    header = read_header(data) if format_of(data) == "JPEG" else None
    return "not a JPEG" if header is None else _obstacle(header, data) or header


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


def _refused(header: JpegHeader, job: Job, max_pixels: int, memory: int) -> str:
    """What keeps a JPEG of this size from the device; empty where nothing does."""
    size = job.plan.size
    if header.width * header.height > max_pixels or min(size) < 1 or max(size) > MAX_JPEG_EDGE:
        return "a JPEG of refused size"
    return "too large for the device's memory" if job.memory > memory else ""


def _memory(header: JpegHeader, todo: Plan, pixel: int) -> int:
    """Bytes: RGB as decoded, and ``pixel`` bytes for each pixel that comes out."""
    return 3 * header.width * header.height + pixel * todo.size[0] * todo.size[1]
