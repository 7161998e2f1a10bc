"""What a JPEG says about itself before its coded data, read without a codec, in microseconds."""

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

END_OF_IMAGE = b"\xff\xd9"
LOSSLESS = 3  # a process

_ORIENTATION = 0x0112
_SHORT = 3
_BASELINE, _START_OF_SCAN, _FILL = 0xC0, 0xDA, 0xFF
_no_fill = re.compile(rb"[^\xff]").search
_APP0, _APP1, _APP2, _APP14 = 0xE0, 0xE1, 0xE2, 0xEE
_BESIDE = frozenset((*range(0xE0, 0xF0), 0xFE))  # applications' segments, and comments
_NOT_FRAMES = (0xC4, 0xC8, 0xCC)  # DHT, JPG, DAC lie among the markers of frames, C0 … CF
_TABLES = frozenset((0xC4, 0xDB, 0xDD))  # DHT, DQT, DRI: most segments are
_MARKER_AND_LENGTH = 4  # bytes
_ALONE = frozenset((0x00, 0x01, *range(0xD0, 0xD8)))  # no marker at all, TEM and RST0 … RST7: nothing follows them
ENDS = (0xD8, 0xD9)  # a start or an end of an image


class JpegHeader(NamedTuple):
    """The frame of a JPEG, and what else is said ahead of its coded data."""

    width: int
    height: int
    components: int
    precision: int  # bits a sample
    process: int  # the frame's marker less 0xC0: 0 baseline, 1 extended, 2 progressive, 3 lossless, 9 … arithmetic
    is_rgb: bool  # stored as RGB, not as luma and chroma
    orientation: int  # EXIF, 1 … 8; 1 where there is none or it cannot be read
    tables: int  # offset of the first segment that is neither a comment nor an application's
    scan: int  # offset of the first scan's coded data; 0 where the file ends before it
    padded: bool  # bytes of no segment lie between the segments; libjpeg passes over them
    known_kind: bool  # libjpeg does not warn of what JFIF, Adobe and a colour profile say


_LONGEST_KNOWN = 4096  # bytes
_MOST_KNOWN = 64  # headers
_SIGNS = slice(20, 180, 8)  # bytes in which headers differ: tables, and the size
_known: dict[bytes, tuple[bytes, JpegHeader]] = {}  # by their signs: headers up to their coded data


def read_header(data: bytes) -> JpegHeader | None:
    """The header of a JPEG file; None where there is no frame before the coded data or the end of the file."""
    signs = data[_SIGNS]
    known = _known.get(signs)
    if known and data.startswith(known[0]):  # pictures of one size and one encoder begin alike, byte for byte
        return known[1]
    header = _read_header(data)
    if header and 0 < header.scan <= _LONGEST_KNOWN:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[signs] = data[: header.scan], header
    return header


def _read_header(data: bytes) -> JpegHeader | None:
    frame = None
    transform = -1
    turn = scan = tables = 0
    padded, behind, known_kind = False, 2, True
    profile: list[tuple[int, int, int]] = []  # of each part of a colour profile: its number, how many there are, bytes
    for marker, start, end in segments(data):
        if marker in ENDS or start - behind != _MARKER_AND_LENGTH:
            padded |= bool(data[behind : start - (2 if marker in ENDS else 4)].strip(b"\xff"))  # but for fill bytes
        if not tables and marker not in _BESIDE:
            tables = behind
        behind = end
        if marker in _TABLES:
            continue
        if _BASELINE <= marker <= 0xCF and marker not in _NOT_FRAMES and end - start >= 6:
            frame = marker, data[start:end]
        elif marker == _APP1 and not turn and data.startswith(b"Exif\0\0", start, end):
            turn = orientation_in_tiff(data[start + 6 : end])
        elif marker == _APP0 and data.startswith(b"JFIF\0", start, end) and end - start >= 14:
            known_kind &= data[start + 5] == 1
        elif marker == _APP2 and data.startswith(b"ICC_PROFILE\0", start, end) and end - start >= 14:
            profile.append((data[start + 12], data[start + 13], end - start - 14))
        elif marker == _APP14 and data.startswith(b"Adobe", start, end) and end - start >= 12:
            transform = data[start + 11]
            known_kind &= transform <= 1
        elif marker == _START_OF_SCAN:
            scan = end
            break
    if frame is None:
        return None
    marker, content = frame
    known_kind &= _is_whole(profile)
    precision, height, width, components = struct.unpack_from(">BHHB", content)
    is_rgb = components == 3 and (transform == 0 or (transform < 0 and content[6:13:3] == b"RGB"))
    return JpegHeader(
        width, height, components, precision, marker - _BASELINE, is_rgb, turn or 1, tables, scan, padded, known_kind
    )


def _is_whole(profile: list[tuple[int, int, int]]) -> bool:
    """Whether all parts of a colour profile are there, in order, if there are any; libjpeg warns of others."""
    count = len(profile)
    parts = [(number, of) for number, of, _ in profile]
    return not profile or (
        parts == [(number, count) for number in range(1, count + 1)] and sum(size for _, _, size in profile) > 0
    )


def segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of the content of each whole segment behind SOI, to the marker that ends the image.

    Coded data and padding between segments are passed over, as libjpeg does. Of a cut file the last marker is missing.
    """
    position = 2
    size = len(data)
    while 0 <= (position := data.find(b"\xff", position)) < size - 1:
        marker = data[position + 1]
        if marker == _FILL:  # a file may hold nothing else: not byte by byte
            code = _no_fill(data, position)
            position = code.start() - 1 if code else size
        elif marker in _ALONE:
            position += 2
        elif marker in ENDS:
            yield marker, position + 2, position + 2
            return
        elif position + 4 > size:
            return
        else:
            end = position + 2 + (data[position + 2] << 8 | data[position + 3])
            if not position + 4 <= end <= size:  # a length counts itself
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
