"""The check on the host, before the device sees a file: from its header alone, in microseconds.

Decoders on the device fail a whole batch for one bad file, or give grey pixels for a cut one without a word. So only
what they decode surely goes there: whole JPEGs, baseline or progressive, of a size that fits. All else is the CPU's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.gpu.jpeg_frame import Shape, Tables
from gpu_im2rec.gpu.jpeg_layout import View
from gpu_im2rec.transcode import Source, TranscodeSpec
from gpu_im2rec.transcode.formats import format_of
from gpu_im2rec.transcode.geometry import Box, Plan, Size, plan, upright
from gpu_im2rec.transcode.jpeg_header import END_OF_IMAGE, JpegHeader, read_header
from gpu_im2rec.transcode.loading import Sample, TensorSpec
from gpu_im2rec.transcode.spec import MAX_JPEG_EDGE

_BASELINE, _PROGRESSIVE = 0, 2
_A_BLOCK = 600  # bytes: coefficients, room for the longest code, twice, and sums
_LOADED = 15  # bytes a pixel: RGB as resized, and three float32
_TAIL = 1024  # bytes: cameras and editors leave some padding after the end marker


class Job(NamedTuple):
    """One picture for the device."""

    data: NDArray[np.uint8]  # the file
    plan: Plan  # of the upright picture
    components: int  # that come out: 3 or 1
    memory: int  # bytes on the device, about
    mirror: bool = False  # swap left and right
    exact: Exact | None = None  # for the exact device; ``data`` is then what follows the header


class Exact(NamedTuple):
    """What the exact device must know of a picture."""

    shape: Shape
    view: View
    crop: Box  # in pixels of the upright picture as decoded
    tables: Tables


Admit = Callable[[Source, int], Job | str]  # a job of at most so many bytes on the device, or why there is none


def admit(spec: TranscodeSpec, source: Source, memory: int) -> Job | str:
    """A job for DALI of at most ``memory`` bytes on the device, or why the CPU engine must take this picture."""
    header = whole_header(source.data)
    if isinstance(header, str):
        return header
    todo = plan(upright((header.width, header.height), orientation(header, spec)), spec)
    count = components(header, spec)
    needed = 3 * header.width * header.height + encoded_memory(todo.size, count)
    job = Job(np.frombuffer(source.data, np.uint8), todo, count, needed)
    return refused((header.width, header.height), todo, spec.max_pixels) or fitting(job, memory)


def admit_sample(sample: Sample, spec: TensorSpec, memory: int) -> Job | str:
    """The same for a picture on its way into a batch of 1 or 3 channels, and the CPU loader."""
    header = whole_header(sample.data)
    if isinstance(header, str):
        return header
    todo = spec.plan(upright((header.width, header.height), header.orientation), sample.crop)
    needed = 3 * header.width * header.height + _LOADED * todo.size[0] * todo.size[1]
    job = Job(np.frombuffer(sample.data, np.uint8), todo, spec.channels, needed, sample.mirror)
    return refused((header.width, header.height), todo, spec.max_pixels) or fitting(job, memory)


def orientation(header: JpegHeader, spec: TranscodeSpec) -> int:
    """How the picture is turned, 1 … 8: as EXIF says, unless it is wanted as it is."""
    return 1 if spec.color == -1 else header.orientation


def components(header: JpegHeader, spec: TranscodeSpec) -> int:
    """How many come out: 3 or 1."""
    return 1 if spec.color == 0 or (spec.color == -1 and header.components == 1) else 3


def whole_header(data: bytes) -> JpegHeader | str:
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


def refused(size: Size, todo: Plan, max_pixels: int) -> str:
    """What keeps a JPEG of this (width, height) from any device; empty where nothing does."""
    pixels = max(size[0] * size[1], todo.size[0] * todo.size[1])
    if pixels > max_pixels or min(todo.size) < 1 or max(*size, *todo.size) > MAX_JPEG_EDGE:
        return "a JPEG of refused size"
    return ""


def encoded_memory(size: Size, components: int) -> int:
    """Bytes on the device for a picture of (width, height) that is encoded: its pixels, and what each block takes."""
    edge, blocks_an_mcu = (16, 6) if components == 3 else (8, 1)
    blocks = blocks_an_mcu * -(-size[0] // edge) * -(-size[1] // edge)
    return components * size[0] * size[1] + _A_BLOCK * blocks


def fitting(job: Job, memory: int) -> Job | str:
    """``job``, or that it does not fit into ``memory``."""
    return "too large for the device's memory" if job.memory > memory else job
