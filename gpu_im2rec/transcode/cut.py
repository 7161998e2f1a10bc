"""Telling whole files from cut ones by their own structure, without decoding."""

import struct
from collections.abc import Callable

from gpu_im2rec.transcode.jpeg_header import END_OF_IMAGE, ENDS, JpegHeader, read_header, segments

_STRIPS, _STRIP_BYTES, _TILES, _TILE_BYTES = 273, 279, 324, 325  # TIFF tags
_MOST_STRIPS = 1 << 20  # of a picture that is looked at: a directory may promise any number, and any number of times
_TIFF_NUMBERS = {3: "H", 4: "I", 16: "Q"}  # SHORT, LONG, LONG8


def is_cut(data: bytes, name: str | None) -> bool | None:
    """Whether a file of the format ``name`` ends early; None where nothing in it tells."""
    if name not in _CHECKS:
        return None
    try:
        return _CHECKS[name](data)
    except (IndexError, OverflowError, struct.error):  # it ends where the structure goes on
        return True


def jpeg_is_cut(data: bytes, header: JpegHeader | None) -> bool:
    """The same for a JPEG whose ``header`` was read already."""
    if header and header.scan:
        return data.rfind(END_OF_IMAGE, header.scan) < 0  # a thumbnail's own end lies before
    return all(marker not in ENDS for marker, _, _ in segments(data))  # else it has an end, if no picture


def _png(data: bytes) -> bool:
    return data.rfind(b"IEND\xaeB`\x82") < 0  # the last chunk, whose check sum is always this


def _webp(data: bytes) -> bool:
    size = int.from_bytes(data[4:8], "little")
    return len(data) + 1 < 8 + size  # some writers count a last byte of padding that they leave out


def _bmp(data: bytes) -> bool:
    offset, header = struct.unpack_from("<II", data, 10)
    compression = size = 0
    if header == 12:  # OS/2's
        width, height, _, bits = struct.unpack_from("<HHHH", data, 18)
    else:
        width, height, _, bits, compression, size = struct.unpack_from("<iiHHII", data, 18)
    if compression in (0, 3, 6):  # none; 3 and 6 say where in a pixel its channels are
        size = (width * bits + 31) // 32 * 4 * abs(height)
    return bool(len(data) < offset + size)


def _gif(data: bytes) -> bool:
    position = 13 + _gif_colors(data[10])
    while (block := data[position]) != 0x3B:  # the trailer
        if block == 0x2C:  # an image
            position += 11 + _gif_colors(data[position + 9])
        elif block == 0x21:  # an extension
            position += 2
        else:
            return False
        while size := data[position]:
            position += 1 + size
        position += 1
    return False


def _gif_colors(flags: int) -> int:
    """Bytes of a colour table."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _tiff(data: bytes) -> bool:
    order = "<" if data[:2] == b"II" else ">"
    big = struct.unpack_from(order + "H", data, 2) == (43,)
    offset, count, entry = ("Q", "Q", "HHQ8s") if big else ("I", "H", "HHI4s")
    (directory,) = struct.unpack_from(order + offset, data, 8 if big else 4)
    (entries,) = struct.unpack_from(order + count, data, directory)
    directory += struct.calcsize("=" + count)
    step = struct.calcsize("=" + entry)
    found = {}
    for number in range(entries):
        tag, kind, values, inline = struct.unpack_from(order + entry, data, directory + number * step)
        wanted = tag in (_STRIPS, _STRIP_BYTES, _TILES, _TILE_BYTES) and tag not in found
        if wanted and kind in _TIFF_NUMBERS and values <= _MOST_STRIPS:
            layout = f"{order}{values}{_TIFF_NUMBERS[kind]}"
            if struct.calcsize(layout) <= len(inline):
                found[tag] = struct.unpack_from(layout, inline)
            else:
                found[tag] = struct.unpack_from(layout, data, *struct.unpack(order + offset, inline))
    return any(
        begin + size > len(data)
        for begins, sizes in ((_STRIPS, _STRIP_BYTES), (_TILES, _TILE_BYTES))
        for begin, size in zip(found.get(begins, ()), found.get(sizes, ()), strict=False)
    )


_CHECKS: dict[str | None, Callable[[bytes], bool]] = {
    "JPEG": lambda data: jpeg_is_cut(data, read_header(data)),
    "PNG": _png,
    "WebP": _webp,
    "BMP": _bmp,
    "GIF": _gif,
    "TIFF": _tiff,
}
