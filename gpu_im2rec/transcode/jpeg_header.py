"""What a JPEG says about itself before its coded data, read without a codec, in microseconds."""

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

END_OF_IMAGE = b"\xff\xd9"

_ORIENTATION = 0x0112
_SHORT = 3
_BASELINE, _START_OF_SCAN, _FILL = 0xC0, 0xDA, 0xFF
_no_fill = re.compile(rb"[^\xff]").search
_APP1, _APP14 = 0xE1, 0xEE
_NOT_FRAMES = (0xC4, 0xC8, 0xCC)  # DHT, JPG, DAC lie among the markers of frames, C0 … CF


class JpegHeader(NamedTuple):
    """The frame of a JPEG."""

    width: int
    height: int
    components: int
    precision: int  # bits a sample
    process: int  # the frame's marker less 0xC0: 0 baseline, 1 extended, 2 progressive, 3 lossless, 9 … arithmetic
    is_rgb: bool  # stored as RGB, not as luma and chroma
    orientation: int  # EXIF, 1 … 8; 1 where there is none or it cannot be read


def read_header(data: bytes) -> JpegHeader | None:
    """The header of a whole JPEG file; None where there is no frame before the coded data."""
    frame = None
    transform = -1
    turn = 0
    for marker, start, end in _segments(data):
        if _BASELINE <= marker <= 0xCF and marker not in _NOT_FRAMES and end - start >= 6:
            frame = marker, data[start:end]
        elif marker == _APP1 and not turn and data.startswith(b"Exif\0\0", start, end):
            turn = orientation_in_tiff(data[start + 6 : end])
        elif marker == _APP14 and data.startswith(b"Adobe", start, end) and end - start >= 12:
            transform = data[start + 11]
    if frame is None:
        return None
    marker, content = frame
    precision, height, width, components = struct.unpack_from(">BHHB", content)
    is_rgb = components == 3 and (transform == 0 or (transform < 0 and content[6:13:3] == b"RGB"))
    return JpegHeader(width, height, components, precision, marker - _BASELINE, is_rgb, turn or 1)


def orientation(data: bytes) -> int:
    """EXIF orientation, 1 … 8; 1 where there is none or it cannot be read."""
    for marker, start, end in _segments(data):
        if marker == _APP1 and data.startswith(b"Exif\0\0", start, end):
            return orientation_in_tiff(data[start + 6 : end])
    return 1


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of the content of each whole segment from SOI to the first scan."""
    position = 2
    size = len(data)
    while position + 4 <= size and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == _FILL:  # a file may hold nothing else: not byte by byte
            code = _no_fill(data, position)
            position = code.start() - 1 if code else size
            continue
        if marker == _START_OF_SCAN:
            return
        end = position + 2 + (data[position + 2] << 8 | data[position + 3])
        if end > size:
            return
        yield marker, position + 4, end
        position = end


def orientation_in_tiff(tiff: bytes) -> int:
    """The orientation in a block of EXIF, 1 … 8; 1 where there is none or it cannot be read."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (directory,) = struct.unpack_from(order + "I", tiff, 4)
        (entries,) = struct.unpack_from(order + "H", tiff, directory)
        for entry in range(entries):
            tag, kind, _count, value = struct.unpack_from(order + "HHIH", tiff, directory + 2 + 12 * entry)
            if tag == _ORIENTATION:
                return value if kind == _SHORT and 1 <= value <= 8 else 1
    except struct.error:  # a damaged block: the picture itself may be whole
        pass
    return 1
