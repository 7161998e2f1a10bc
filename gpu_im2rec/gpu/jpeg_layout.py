"""How JPEGs lie in the decoder's buffers: ``struct Jpeg`` of cuda/decode_batch.cu, for a batch of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.gpu.jpeg_frame import Shape
from gpu_im2rec.transcode.geometry import Size, upright

CHUNK = 64  # bytes of coded data
SUBSEQUENCE_BYTES = 128  # of code
_A_BLOCK = 128 + 4 + 4  # bytes on the device, but for its samples: coefficients, DC, and their sum
_A_SEGMENT = 224  # bytes on the device: a subsequence at least, and what is known of both
_LAST_STANDING = 4  # orientation: those beyond it swap width and height
_PIXELS = 16  # bytes: a picture's pixels begin at a multiple of it

_COMPONENT = [("samples", "<u8")] + [
    (name, "<i4") for name in ("pitch", "width", "height", "edge", "quantiser", "across", "down", "fancy")
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


class Layouts(NamedTuple):
    """Pictures, each as if it lay first in every buffer, and its tables had the numbers of its components."""

    jpegs: NDArray[Any]  # of dtype JPEG
    blocks: NDArray[np.int64]  # these four: what each takes in the buffers
    samples: NDArray[np.int64]  # bytes
    pixels: NDArray[np.int64]  # bytes
    quads: NDArray[np.int64]


def decoded_size(shape: Shape, view: View) -> Size:
    """(width, height) of the upright picture as decoded; libjpeg rounds up."""
    return upright((-(-shape.width // view.divisor), -(-shape.height // view.divisor)), view.orientation)


def upright_sizes(jpegs: NDArray[Any]) -> NDArray[np.int32]:
    """The same of each in an array of dtype JPEG: (n, 2)."""
    sizes = np.stack((jpegs["width"], jpegs["height"]), axis=1)
    lying = jpegs["orientation"] > _LAST_STANDING
    sizes[lying] = sizes[lying, ::-1]
    return sizes


def decoder_memory(shape: Shape, view: View) -> int:
    """Bytes on the device at most, but for those of the code: what blocks take, samples, pixels, segments."""
    width, height = decoded_size(shape, view)
    pixels = width * height * view.channels + _PIXELS
    return (_A_BLOCK + 64 // view.divisor) * shape.blocks + pixels + _A_SEGMENT * shape.segments


def layouts(shapes: Sequence[Shape], views: Sequence[View]) -> Layouts:
    """The layout of each picture, at least one."""
    widths, heights, samplings, restarts, alike = zip(*shapes, strict=True)
    jpegs = np.frombuffer(b"".join(map(_kind, samplings, alike, views)), JPEG).copy()
    width, height, restart, divisor = map(np.array, (widths, heights, restarts, [view.divisor for view in views]))
    across = jpegs["lumas_across"]
    down = jpegs["lumas_an_mcu"] // across
    mcus_across, mcus_down = -(-width // (8 * across)), -(-height // (8 * down))
    mcus = mcus_across * mcus_down
    jpegs["mcus_across"], jpegs["mcus"] = mcus_across, mcus
    jpegs["mcus_a_segment"] = a_segment = np.where(restart, restart, mcus)
    jpegs["segments"] = -(-mcus // a_segment)
    jpegs["width"], jpegs["height"] = decoded_width, decoded_height = -(-width // divisor), -(-height // divisor)
    samples = _lay_out_components(jpegs["component"], (width, height), (across, down), (mcus_across, mcus_down))
    pixels = -(-decoded_width * decoded_height * jpegs["channels"] // _PIXELS) * _PIXELS
    quads = -(-decoded_width // 4) * decoded_height
    return Layouts(jpegs, mcus * jpegs["blocks_an_mcu"], samples, pixels, quads)


_Pair = tuple[NDArray[Any], NDArray[Any]]  # across and down, one a picture


def _lay_out_components(component: NDArray[Any], size: _Pair, lumas: _Pair, mcus: _Pair) -> NDArray[np.int64]:
    """Fill in what follows from the size: ``struct Component``, three a picture; bytes that each picture takes."""
    edge = component["edge"]
    sizes, blocks = [], []
    for pixels, most, count in zip(size, lumas, mcus, strict=True):
        own = np.ones_like(edge)  # blocks of each component in an MCU, across or down
        own[:, 0] = most
        sizes.append(-(-pixels[:, None] * own * edge // (8 * most[:, None])))
        blocks.append(count[:, None] * own)
    component["width"], component["height"] = sizes
    component["pitch"] = pitch = -(-blocks[0] * edge // 8) * 8
    component["fancy"] &= (component["across"] == 1) | (component["width"] > 2)  # jdsample.c
    ends = np.cumsum(pitch * blocks[1] * edge, axis=1)
    component["samples"][:, 1:] = ends[:, :-1]
    return ends[:, -1]


@lru_cache
def _kind(sampling: tuple[int, int], alike: tuple[int, ...], view: View) -> bytes:
    """Of dtype JPEG: what does not follow from the size. A component that is not there has no edge."""
    lumas = sampling[0] * sampling[1]
    pattern = [0] * lumas + list(range(1, len(alike)))  # the component of each block of an MCU
    jpeg = np.zeros((), JPEG)
    jpeg["blocks_an_mcu"], jpeg["lumas_an_mcu"], jpeg["lumas_across"] = len(pattern), lumas, sampling[0]
    jpeg["period"] = _period([alike[component] for component in pattern])
    jpeg["dc_table"][: len(pattern)] = jpeg["ac_table"][: len(pattern)] = pattern
    jpeg["components"], jpeg["channels"], jpeg["orientation"] = len(alike), view.channels, view.orientation
    for number in range(len(alike)):
        component = jpeg["component"][number]
        edge, across, down = _scaled(sampling, sampling if number == 0 else (1, 1), 8 // view.divisor)
        component["edge"], component["across"], component["down"] = edge, across, down
        component["fancy"] = view.divisor < 8 and across * down > 1
    return jpeg.tobytes()


def _period(tables: list[int]) -> int:
    """After how many blocks of an MCU its Huffman tables repeat."""
    count = len(tables)
    return next(
        period
        for period in range(1, count + 1)
        if count % period == 0 and all(table == tables[block % period] for block, table in enumerate(tables))
    )


def _scaled(most: tuple[int, int], own: tuple[int, int], least: int) -> tuple[int, int, int]:
    """The edge of a component's blocks, at least ``least``, and the pixels across and down that share a sample.

    As libjpeg does (jdmaster.c): where chroma is stored at half the size, and the picture is wanted so, it needs no
    upsampling.
    """
    edge = least
    while edge < 8 and all(full * least % (part * edge * 2) == 0 for full, part in zip(most, own, strict=True)):
        edge *= 2
    across, down = (full * least // (part * edge) for full, part in zip(most, own, strict=True))
    return edge, across, down
