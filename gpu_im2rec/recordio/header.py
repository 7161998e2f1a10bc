"""The header of an image record, the start of its payload. Little-endian on every host.

::

    offset     type            field
    0          uint32          flag: 0 for one label, in the header; n for n labels behind it
    4          float32         label, where flag is 0
    8          uint64          index: column 0 of the list
    16         uint64          id2: reserved, 0
    24         float32[flag]   labels
    24+4*flag  bytes           content: an image file, or anything else

Source: mxnet, src/io/image_recordio.h and python/mxnet/recordio.py.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.errors import RecordError
from gpu_im2rec.recordio.framing import Buffer, as_bytes

HEADER_BYTES = 24  # without labels

_FIXED = struct.Struct("<IfQQ")


@dataclass(frozen=True, slots=True, eq=False)
class ImageHeader:
    """The header of an image record. A writer's ``label`` beside packed labels is 0 (im2rec.py) or the first (C++)."""

    flag: int  # number of packed labels; 0 for one label, in the header
    label: float  # the header's own label field
    index: int  # column 0 of the list, 0 … 2^64-1
    id2: int  # reserved, 0
    labels: NDArray[np.float32]  # (max(flag, 1),), read-only: the labels, wherever they are stored
    size: int  # bytes of header and labels; the content follows


def pack_header(
    index: int, labels: Sequence[float] | NDArray[Any], *, packed: bool, first_twice: bool = False, id2: int = 0
) -> bytes:
    """``index`` 0 … 2^64-1 and (n,) ``labels`` → header and labels, a multiple of 4 bytes, as im2rec.py writes them.

    ``packed`` stores all labels, float32, where there are two or more; otherwise the header holds the first one alone.
    ``first_twice`` repeats the first of packed labels in the header's own field, as the C++ im2rec does.

    Raises RecordError for an index outside its range, for no label, and for a finite label beyond float32.
    """
    if not 0 <= index < 1 << 64:
        raise RecordError(f"index {index} is outside 0 … 2^64-1")
    if len(labels) == 0:
        raise RecordError(f"index {index} has no label; an image record holds at least one")
    try:
        if packed and len(labels) > 1:
            own = labels[0] if first_twice else 0.0
            return struct.pack(f"<IfQQ{len(labels)}f", len(labels), own, index, id2, *labels)
        return _FIXED.pack(0, labels[0], index, id2)
    except OverflowError:
        raise RecordError(f"index {index}: a label is beyond float32, ±3.4e38") from None


def unpack_header(payload: Buffer) -> tuple[ImageHeader, memoryview]:
    """The payload of an image record → its header and its content, both views of ``payload``.

    Raises RecordError where the payload is too short for the header or for the labels that it promises.
    """
    view = as_bytes(payload)
    flag, label, index, id2 = _unpack_fixed(view, len(view))
    start = HEADER_BYTES if flag else 4
    labels = np.frombuffer(view[start : start + 4 * max(flag, 1)].toreadonly(), "<f4")
    size = HEADER_BYTES + 4 * flag
    return ImageHeader(flag, label, index, id2, labels, size), view[size:]


def read_index_of(start: Buffer, payload_bytes: int) -> int:
    """The index of the image record whose payload has ``payload_bytes`` and begins with ``start``, 24 bytes or more.

    Raises RecordError like ``unpack_header``.
    """
    return _unpack_fixed(as_bytes(start), payload_bytes)[2]


def _unpack_fixed(start: memoryview, payload_bytes: int) -> tuple[int, float, int, int]:
    if payload_bytes < HEADER_BYTES:
        raise RecordError(f"no image record: its header has {HEADER_BYTES} bytes, the payload {payload_bytes}")
    flag, label, index, id2 = _FIXED.unpack_from(start)
    if payload_bytes < HEADER_BYTES + 4 * flag:
        raise RecordError(f"no image record: {flag} labels do not fit into a payload of {payload_bytes} bytes")
    return flag, label, index, id2
