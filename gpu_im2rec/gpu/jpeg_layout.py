"""How a batch of JPEGs lies in the decoder's buffers: ``struct Jpeg`` of cuda/jpeg_batch.cu, for each picture."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from gpu_im2rec.gpu.jpeg_frame import Shape
from gpu_im2rec.transcode.geometry import Size, upright

CHUNK = 64  # bytes of coded data
SUBSEQUENCE = 128  # bytes of code
_A_SEGMENT = 224  # bytes on the device: a subsequence at least, and what is known of both

_COMPONENT = [("samples", "<u8")] + [
    (name, "<i4") for name in ("pitch", "width", "height", "edge", "quantiser", "across", "down", "fancy", "padding")
]
_INTS = (
    "bytes", "first_chunk", "first_segment", "segments", "mcus", "mcus_across", "mcus_a_segment", "first_block",
    "blocks_an_mcu", "lumas_an_mcu", "lumas_across", "period", "width", "height", "channels", "orientation",
    "first_quad", "components",
)  # fmt: skip
JPEG = np.dtype(
    [("coded", "<u8"), ("pixels", "<u8")]
    + [(name, "<i4") for name in _INTS]
    + [("dc_table", "<i4", 6), ("ac_table", "<i4", 6), ("component", _COMPONENT, 3)],
    align=True,
)
_packed = struct.Struct(f"<QQ{len(_INTS) + 12}i{f'Q{len(_COMPONENT) - 1}i4x' * 3}").pack  # the same, quicker to fill


class View(NamedTuple):
    """What is wanted of a picture."""

    divisor: int  # of its edges: 1, 2, 4 or 8
    channels: int  # 3 or 1
    orientation: int  # EXIF, 1 … 8


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """A picture that begins at 0 in every buffer; its tables have the numbers of its components."""

    shape: Shape
    view: View
    record: bytes  # of dtype JPEG
    size: Size  # (width, height) of the upright picture as decoded
    segments: int
    blocks: int
    samples: int  # bytes
    pixels: int  # bytes
    quads: int

    @property
    def memory(self) -> int:
        """Bytes on the device, but for those of the code: coefficients, DCs and sums, samples, pixels, segments."""
        return self.blocks * (128 + 4 + 4) + self.samples + self.pixels + _A_SEGMENT * self.segments


def layout(shape: Shape, view: View) -> Layout:
    """The layout of a picture of this shape."""
    across, down = shape.sampling
    mcus_across, mcus_down = -(-shape.width // (8 * across)), -(-shape.height // (8 * down))
    lumas, mcus = across * down, mcus_across * mcus_down
    restart = shape.restart or mcus
    segments = -(-mcus // restart)
    width, height = -(-shape.width // view.divisor), -(-shape.height // view.divisor)
    pattern = [0] * lumas + list(range(1, shape.components))  # the component of each block of an MCU
    components: list[int] = []
    samples = 0
    for number in range(shape.components):
        component, room = _component(shape, view.divisor, number, samples)
        components += component
        samples += room
    ints = {
        "segments": segments,
        "mcus": mcus,
        "mcus_across": mcus_across,
        "mcus_a_segment": restart,
        "blocks_an_mcu": len(pattern),
        "lumas_an_mcu": lumas,
        "lumas_across": across,
        "period": _period(tuple([shape.alike[component] for component in pattern])),
        "width": width,
        "height": height,
        "channels": view.channels,
        "orientation": view.orientation,
        "components": shape.components,
    }
    tables = pattern + [0] * (6 - len(pattern))
    components += [0] * (3 - shape.components) * len(_COMPONENT)
    record = _packed(0, 0, *[ints.get(name, 0) for name in _INTS], *tables, *tables, *components)
    pixels = -(-width * height * view.channels // 16) * 16
    size = upright((width, height), view.orientation)
    return Layout(shape, view, record, size, segments, mcus * len(pattern), samples, pixels, -(-width // 4) * height)


@lru_cache
def _period(tables: tuple[int, ...]) -> int:
    """After how many blocks of an MCU its Huffman tables repeat."""
    count = len(tables)
    return next(
        period
        for period in range(1, count + 1)
        if count % period == 0 and all(table == tables[block % period] for block, table in enumerate(tables))
    )


def _component(shape: Shape, divisor: int, number: int, begin: int) -> tuple[tuple[int, ...], int]:
    """``struct Component`` for component ``number``, whose samples begin at ``begin``; how many bytes they take.

    As libjpeg does: where chroma is stored at half the size, and the picture is wanted so, it needs no upsampling.
    """
    most = shape.sampling
    own = most if number == 0 else (1, 1)
    least = 8 // divisor
    edge = least
    while edge < 8 and all(full * least % (part * edge * 2) == 0 for full, part in zip(most, own, strict=True)):
        edge *= 2
    across, down = (full * least // (part * edge) for full, part in zip(most, own, strict=True))
    width, height = (
        -(-size * part * edge // (full * 8))
        for size, part, full in zip((shape.width, shape.height), own, most, strict=True)
    )
    mcus_across, mcus_down = -(-shape.width // (8 * most[0])), -(-shape.height // (8 * most[1]))
    pitch = -(-mcus_across * own[0] * edge // 8) * 8
    fancy = least > 1 and across * down > 1 and (across == 1 or width > 2)
    return (begin, pitch, width, height, edge, 0, across, down, int(fancy), 0), pitch * mcus_down * own[1] * edge
