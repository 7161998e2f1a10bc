"""How a batch of JPEGs lies in the decoder's buffers: ``struct Jpeg`` of cuda/jpeg_batch.cu, for each picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.gpu.jpeg_frame import Shape
from gpu_im2rec.transcode.geometry import Size, upright

CHUNK = 64  # bytes of coded data
SUBSEQUENCE = 128  # bytes of code

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
    record: NDArray[Any]  # of dtype JPEG, one
    blocks: int
    samples: int  # bytes
    pixels: int  # bytes
    quads: int

    @property
    def size(self) -> Size:
        """(width, height) of the upright picture as decoded."""
        width, height = int(self.record["width"]), int(self.record["height"])
        return upright((width, height), self.view.orientation)

    @property
    def memory(self) -> int:
        """Bytes on the device, but for those of the code: coefficients, DCs and their sums, samples, pixels."""
        return self.blocks * (128 + 4 + 4) + self.samples + self.pixels


def layout(shape: Shape, view: View) -> Layout:
    """The layout of a picture of this shape."""
    across, down = shape.sampling
    mcus_across, mcus_down = -(-shape.width // (8 * across)), -(-shape.height // (8 * down))
    lumas = across * down
    blocks_an_mcu = lumas + shape.components - 1
    mcus = mcus_across * mcus_down
    restart = shape.restart or mcus

    record = np.zeros((), JPEG)
    record["mcus"], record["mcus_across"] = mcus, mcus_across
    record["mcus_a_segment"], record["segments"] = restart, -(-mcus // restart)
    record["blocks_an_mcu"], record["lumas_an_mcu"], record["lumas_across"] = blocks_an_mcu, lumas, across
    record["width"], record["height"] = -(-shape.width // view.divisor), -(-shape.height // view.divisor)
    record["channels"], record["orientation"], record["components"] = view.channels, view.orientation, shape.components

    alike = shape.alike
    pattern = [0] * lumas + list(range(1, shape.components))
    record["period"] = next(
        period
        for period in range(1, blocks_an_mcu + 1)
        if blocks_an_mcu % period == 0
        and all(alike[component] == alike[pattern[block % period]] for block, component in enumerate(pattern))
    )
    samples = 0
    for number in range(shape.components):
        samples += _add_component(record["component"][number], shape, view.divisor, number, samples)
    record["dc_table"][:blocks_an_mcu] = record["ac_table"][:blocks_an_mcu] = pattern
    width, height = int(record["width"]), int(record["height"])
    pixels = -(-width * height * view.channels // 16) * 16
    return Layout(shape, view, record, mcus * blocks_an_mcu, samples, pixels, -(-width // 4) * height)


def _add_component(record: Any, shape: Shape, divisor: int, number: int, begin: int) -> int:
    """Describe component ``number``, whose samples begin at ``begin``; how many bytes they take.

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
    record["samples"], record["pitch"], record["width"], record["height"] = begin, pitch, width, height
    record["edge"], record["across"], record["down"] = edge, across, down
    record["fancy"] = least > 1 and across * down > 1 and (across == 1 or width > 2)
    return pitch * mcus_down * own[1] * edge
