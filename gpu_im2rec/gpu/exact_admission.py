"""The check on the host before the exact device sees a file. Pictures that begin alike are looked at once."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from gpu_im2rec.gpu.admission import (
    Admit,
    Exact,
    Job,
    Kind,
    components,
    encoded_memory,
    fitting,
    orientation,
    refused,
    whole_header,
)
from gpu_im2rec.gpu.jpeg_frame import Shape, read_frame
from gpu_im2rec.gpu.jpeg_layout import View, layout
from gpu_im2rec.transcode import Source, TranscodeSpec
from gpu_im2rec.transcode.geometry import decode_divisor, plan, upright
from gpu_im2rec.transcode.jpeg_header import END_OF_IMAGE, JpegHeader

_KNOWN = 1024  # headers and shapes that are kept
_LONGEST_CODE = 1 << 28  # bytes: the kernels count its bits in 32 bits
_LONGEST_HEAD = 8192  # bytes: all tables that there can be, each once, and more
_CODE = 3  # bytes a byte of coded data: itself, unstuffed, and what is known of each subsequence
_BLOCKS_A_BYTE = 4  # at most: a block takes two bits at least


def exact_admission(spec: TranscodeSpec) -> Admit:
    """What says which pictures the exact device takes. They are decoded as small as the CPU engine decodes them."""

    frame_of = lru_cache(_KNOWN)(read_frame)

    @lru_cache(_KNOWN)
    def kind_of(shape: Shape, turn: int, channels: int) -> Kind | str:
        return _kind(shape, turn, channels, spec)

    def known(data: bytes, header: JpegHeader) -> Exact | str:
        """What the device must know of a JPEG, or why it does not take it."""
        head = data[header.tables : header.scan]
        if not header.known_kind or len(head) > _LONGEST_HEAD:
            return "a rare kind of JPEG"
        frame = frame_of(head)
        if isinstance(frame, str):
            return frame
        kind = kind_of(frame.shape, orientation(header, spec), components(header, spec))
        return kind if isinstance(kind, str) else Exact(kind, frame.tables)

    def admit(source: Source, memory: int) -> Job | str:
        """See ``Admit``."""
        header = whole_header(source.data)
        if isinstance(header, str):
            return header
        exact = known(source.data, header)
        if isinstance(exact, str):
            return exact
        end = source.data.rfind(END_OF_IMAGE) + len(END_OF_IMAGE)
        data = np.frombuffer(source.data, np.uint8, end - header.scan, header.scan)
        kind = exact.kind
        if kind.layout.blocks > _BLOCKS_A_BYTE * len(data):
            return "a JPEG whose code ends early"
        if len(data) > _LONGEST_CODE:
            return "too large for the device's memory"
        room = kind.memory + _CODE * len(data)
        return fitting(Job(data, kind.plan, kind.layout.view.channels, room, exact=exact), memory)

    return admit


def _kind(shape: Shape, turn: int, channels: int, spec: TranscodeSpec) -> Kind | str:
    """What is to be done with a JPEG of this shape, or why the CPU engine must take it."""
    size = shape.width, shape.height
    todo = plan(upright(size, turn), spec)
    obstacle = refused(size, todo, spec.max_pixels)
    if obstacle:
        return obstacle
    view = View(decode_divisor(todo) if spec.interp == "antialias" else 1, channels, turn)
    known = layout(shape, view)
    between = 3 * todo.size[1] * known.size[0]  # while it is resized
    return Kind(known, todo, known.memory + between + encoded_memory(todo.size, channels))
