"""One record as it is shown: small picture, labels, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec import devices
from gpu_im2rec.errors import RecordError
from gpu_im2rec.lists.detection import ObjectBox, boxes
from gpu_im2rec.recordio.image_record import ImageRecord
from gpu_im2rec.showing.catalog import Catalog
from gpu_im2rec.transcode import Failure

EDGE = 160  # pixels, the longest edge of a picture on a sheet

Decode = Callable[[bytes, int], Any]


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """A record, and its picture no larger than EDGE x EDGE."""

    number: int  # of the record in the file, from 0
    offset: int  # in the file, bytes
    id: int | None = None  # None: the record cannot be read
    labels: tuple[float, ...] = ()
    pixels: NDArray[np.uint8] | None = None  # (H, W, 3) RGB; None: see ``failure``
    full_size: tuple[int, int] = (0, 0)  # (width, height) of the upright picture
    failure: str = ""  # why there is no picture: "truncated: …"
    reason: str = ""  # why it is among the worst

    @property
    def boxes(self) -> list[ObjectBox]:
        """The objects that detection labels describe."""
        return boxes(self.labels)


def tiles_of(catalog: Catalog, numbers: Iterable[int], reasons: dict[int, str] | None = None) -> list[Tile]:
    """The records ``numbers``, in this order, with the ``reasons`` for which some are shown."""
    decode = devices.small_picture_decoder()
    with ThreadPoolExecutor(devices.default_workers(), thread_name_prefix="decode") as pool:
        tiles = pool.map(lambda number: _tile(catalog, number, decode), numbers)
        return [replace(tile, reason=(reasons or {}).get(tile.number, "")) for tile in tiles]


def record_of(catalog: Catalog, number: int) -> ImageRecord | str:
    """Record ``number``, or why it cannot be read."""
    try:
        return catalog.record(number)
    except RecordError as error:
        path, _ = catalog.place(number)
        return f"damaged: {str(error).removeprefix(f'{path}: ').partition('; `gpu-im2rec')[0]}"


def decoded(content: memoryview, edge: int, decode: Decode) -> Any:
    """``content`` as ``decode`` makes it, or why that cannot be."""
    if not content:
        return "empty: the record holds no picture"
    small = decode(bytes(content), edge)
    return f"{small.reason}: {small.message}" if isinstance(small, Failure) else small


def _tile(catalog: Catalog, number: int, decode: Decode) -> Tile:
    _, offset = catalog.place(number)
    record = record_of(catalog, number)
    if isinstance(record, str):
        return Tile(number, offset, failure=record)
    labels = tuple(np.atleast_1d(np.float32(record.label)).tolist())
    small = decoded(record.content, EDGE, decode)
    if isinstance(small, str):
        return Tile(number, offset, record.id, labels, failure=small)
    return Tile(number, offset, record.id, labels, small.pixels, small.full_size)
