"""A picture as it is: whole, upright, RGB."""

from __future__ import annotations

from functools import cache

import numpy as np

from cpu_fallback.decoder import Decoder
from cpu_fallback.picture import Pixels, attempted
from gpu_im2rec.transcode import Failure
from gpu_im2rec.transcode.geometry import Box, Plan, Size
from gpu_im2rec.transcode.spec import MAX_PIXELS


def decode_rgb(data: bytes) -> Pixels | Failure:
    """(H, W, 3) uint8, C-contiguous and the caller's own; a Failure, never an exception, for a bad picture."""
    return attempted(lambda: np.require(_decoder().decode(data, _whole).picture.pixels, requirements=["C", "W", "O"]))


@cache
def _decoder() -> Decoder:
    return Decoder(color=1, max_pixels=MAX_PIXELS, fresh=True)  # without a buffer, and so for any number of threads


def _whole(size: Size) -> Plan:
    return Plan(Box(0, 0, *size), size)
