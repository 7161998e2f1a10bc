"""The check on the host before the exact device sees a file. Pictures that begin alike are looked at once."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from gpu_im2rec.gpu.admission import (
    Admit,
    Exact,
    Job,
    components,
    encoded_memory,
    fitting,
    orientation,
    refused,
    whole_header,
)
from gpu_im2rec.gpu.jpeg_frame import Frame, Shape, read_frame
from gpu_im2rec.gpu.jpeg_layout import View, decoded_size, decoder_memory
from gpu_im2rec.transcode import Source, TranscodeSpec
from gpu_im2rec.transcode.geometry import Box, Plan, decode_divisor, divided, plan, upright
from gpu_im2rec.transcode.jpeg_header import END_OF_IMAGE, JpegHeader

_KNOWN = 1024  # headers and shapes that are kept
_LONGEST_CODE = 1 << 28  # bytes: the kernels count its bits in 32 bits
_LONGEST_HEAD = 8192  # bytes: all tables that there can be, each once, and more
_CODE = 3  # bytes a byte of coded data: itself, unstuffed, and what is known of each subsequence
_BLOCKS_A_BYTE = 4  # at most: a block takes two bits at least


class _Todo(NamedTuple):
    """What is done to all pictures of one shape."""

    view: View
    plan: Plan
    crop: Box  # of the plan, in pixels of the picture as decoded
    memory: int  # bytes on the device, but for those of the coded data
    least_code: int  # bytes: its blocks cannot come to fewer


def exact_admission(spec: TranscodeSpec) -> Admit:
    """What says which pictures the exact device takes. They are decoded as small as the CPU engine decodes them."""

    read = lru_cache(_KNOWN)(read_frame)

    @lru_cache(_KNOWN)
    def todo_of(shape: Shape, turn: int, channels: int) -> _Todo | str:
        return _todo(shape, turn, channels, spec)

    def frame_of(data: bytes, header: JpegHeader) -> Frame | str:
        head = data[header.tables : header.scan]
        if not header.known_kind or len(head) > _LONGEST_HEAD:
            return "a rare kind of JPEG"
        return read(head)

    def admit(source: Source, memory: int) -> Job | str:
        """See ``Admit``."""
        header = whole_header(source.data)
        if isinstance(header, str):
            return header
        frame = frame_of(source.data, header)
        if isinstance(frame, str):
            return frame
        todo = todo_of(frame.shape, orientation(header, spec), components(header, spec))
        if isinstance(todo, str):
            return todo
        end = source.data.rfind(END_OF_IMAGE) + len(END_OF_IMAGE)
        data = np.frombuffer(source.data, np.uint8, end - header.scan, header.scan)
        if len(data) < todo.least_code:
            return "a JPEG whose code ends early"
        if len(data) > _LONGEST_CODE:
            return "too large for the device's memory"
        exact = Exact(frame.shape, todo.view, todo.crop, frame.tables)
        room = todo.memory + _CODE * len(data)
        return fitting(Job(data, todo.plan, todo.view.channels, room, exact=exact), memory)

    return admit


def _todo(shape: Shape, turn: int, channels: int, spec: TranscodeSpec) -> _Todo | str:
    """What is to be done with a JPEG of this shape, or why the CPU engine must take it."""
    size = shape.width, shape.height
    wanted = plan(upright(size, turn), spec)
    obstacle = refused(size, wanted, spec.max_pixels)
    if obstacle:
        return obstacle
    view = View(decode_divisor(wanted) if spec.interp == "antialias" else 1, channels, turn)
    between = 3 * wanted.size[1] * decoded_size(shape, view)[0]  # while it is resized
    memory = decoder_memory(shape, view) + between + encoded_memory(wanted.size, channels)
    crop = divided(wanted.crop, view.divisor)
    return _Todo(view, wanted, crop, memory, -(-shape.blocks // _BLOCKS_A_BYTE))
