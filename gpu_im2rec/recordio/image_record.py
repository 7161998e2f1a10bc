"""An image record in one step, for those who read a hundred thousand a second."""

import struct
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.errors import RecordError
from gpu_im2rec.recordio.framing import HEAD_BYTES, MAGIC, Sliceable, unframe
from gpu_im2rec.recordio.header import HEADER_BYTES, unpack_header

_START = struct.Struct("<IIIfQQ")  # the head of a record, and the header of an image record behind it


class ImageRecord(NamedTuple):
    """What an image record holds."""

    id: int  # column 0 of the list
    label: float | NDArray[np.float32]  # (n,) float32, read-only, where labels are packed
    content: memoryview  # the image file


def read_image_record(source: Sliceable, offset: int) -> ImageRecord:
    """The image record at byte ``offset``: ``unframe`` and ``unpack_header`` in one.

    Of a memoryview it is three times as fast as they are. Raises RecordError, naming the offset.
    """
    if isinstance(source, memoryview) and offset % 4 == 0 and 0 <= offset <= len(source) - _START.size:
        magic, word, flag, label, index, _ = _START.unpack_from(source, offset)
        end = offset + HEAD_BYTES + word  # of a whole record; one of several parts has a bit above the length
        if magic == MAGIC and flag == 0 and word >= HEADER_BYTES and end + -end % 4 <= len(source):
            return ImageRecord(index, label, source[offset + _START.size : end])
    payload, _ = unframe(source, offset)
    try:
        header, content = unpack_header(payload)
    except RecordError as error:
        raise RecordError(f"offset {offset}: {error}") from None
    return ImageRecord(header.index, header.labels if header.flag else header.label, content)
