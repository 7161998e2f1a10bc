"""A picture made small enough to look at among many: upright, RGB."""

from __future__ import annotations

import threading
from typing import NamedTuple

import numpy as np

from cpu_fallback.antialias import Filter
from cpu_fallback.decoder import Decoder
from cpu_fallback.picture import Pixels, attempted
from gpu_im2rec.transcode import Failure
from gpu_im2rec.transcode.geometry import Box, Plan, Size, divided
from gpu_im2rec.transcode.spec import MAX_PIXELS


class Small(NamedTuple):
    """A small picture, and what it was."""

    pixels: Pixels  # (H, W, 3) uint8, C-contiguous, the caller's own
    full_size: Size  # (width, height) of the upright picture


def decode_small(data: bytes, edge: int) -> Small | Failure:
    """No edge is longer than ``edge`` pixels; a smaller picture keeps its size. A Failure for a bad one.

    For any number of threads.
    """
    return attempted(lambda: _decode(data, edge))


class _Tools(threading.local):
    def __init__(self) -> None:
        self.decoder = Decoder(color=1, max_pixels=MAX_PIXELS, scaled=True, fresh=True)
        self.filter = Filter()


_tools = _Tools()


def _decode(data: bytes, edge: int) -> Small:
    picture, todo, divisor = _tools.decoder.decode(data, lambda size: Plan(Box(0, 0, *size), _within(size, edge)))
    if picture.size != todo.size:
        picture = _tools.filter.resize(picture, divided(todo.crop, divisor), todo.size)
    full = int(todo.crop.width), int(todo.crop.height)
    return Small(np.require(picture.pixels, requirements=["C", "W", "O"]), full)


def _within(size: Size, edge: int) -> Size:
    shrink = max(*size, edge)
    return max(1, size[0] * edge // shrink), max(1, size[1] * edge // shrink)
