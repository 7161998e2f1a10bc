"""JPEGs: cut in every structure, damaged, and of every rare kind."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import imagecodecs
import numpy as np
from PIL import Image

from gpu_im2rec.transcode.jpeg_header import END_OF_IMAGE, read_header, segments
from tests.corpus.case import SIZE, Case, encoded, flipped, zeroed

_NAMES = {
    0xE0: "JFIF segment",
    0xE1: "EXIF",
    0xDB: "quantization tables",
    0xC0: "frame header",
    0xC4: "Huffman tables",
    0xDA: "scan header",
}


def jpegs(photo: Image.Image) -> Iterator[Case]:
    """Every case whose file is a JPEG, or was one."""
    yield from _cut(photo)
    yield from _damaged(photo)
    yield from _rare(photo)
    yield from _with_others(photo)


def _cut(photo: Image.Image) -> Iterator[Case]:
    jpeg = encoded(photo, "jpeg", exif=turned(1))
    scan = read_header(jpeg).scan
    yield Case("JPEG cut behind its first two bytes", jpeg[:2])
    for marker, start, end in segments(jpeg[:scan]):
        for cut in (start - 1, start, (start + end) // 2, end - 1):
            yield Case(f"JPEG cut in its {_NAMES[marker]}", jpeg[:cut])
        if end < scan:
            yield Case("JPEG cut between two segments of its header", jpeg[:end])
    yield Case("JPEG cut where its coded data begins", jpeg[:scan])
    for percent in (1, 30, 60, 99):
        yield Case("JPEG cut in its coded data", jpeg[: scan + (len(jpeg) - scan) * percent // 100])
    yield Case("JPEG without its end mark", jpeg[:-2])
    yield Case("JPEG without its end mark", jpeg[:-1])

    progressive = encoded(photo, "jpeg", progressive=True)
    scans = [(start, end) for marker, start, end in segments(progressive) if marker == 0xDA]
    for start, end in scans[1:]:
        yield Case("progressive JPEG cut between two scans", progressive[: start - 4])
        yield Case("progressive JPEG cut in a scan", progressive[: end + 20])
    yield Case("progressive JPEG without its end mark", progressive[:-2])
    cmyk = encoded(photo.convert("CMYK"), "jpeg")
    yield Case("CMYK JPEG cut in its coded data", cmyk[: len(cmyk) // 2])


def _damaged(photo: Image.Image) -> Iterator[Case]:
    jpeg = encoded(photo, "jpeg")
    scan = read_header(jpeg).scan
    at = {marker: start for marker, start, _ in segments(jpeg)}
    frame, tables, quantization = at[0xC0], at[0xC4], at[0xDB]
    half = (scan + len(jpeg)) // 2
    yield Case("JPEG, a bit of its height flipped", flipped(jpeg, frame + 2, 7))
    yield Case("JPEG, a bit of its width flipped", flipped(jpeg, frame + 4, 7), size=(SIZE[0] ^ 128, SIZE[1]))
    yield Case("JPEG, a bit of its bits a sample flipped", flipped(jpeg, frame, 2))
    yield Case("JPEG, a bit of its number of components flipped", flipped(jpeg, frame + 5, 0))
    yield Case("JPEG, a bit of a quantization table flipped", flipped(jpeg, quantization + 9))
    yield Case("JPEG, a bit of a Huffman table flipped", flipped(jpeg, tables + 3))
    yield Case("JPEG, a bit of a segment's length flipped", flipped(jpeg, quantization - 1, 6))
    yield Case("JPEG, a bit of the marker of its coded data flipped", flipped(jpeg, at[0xDA] - 3, 2))
    for place in range(1, 10):
        yield Case("JPEG, a bit of its coded data flipped", flipped(jpeg, scan + (len(jpeg) - scan) * place // 10))
    yield Case("JPEG, zero bytes in its coded data", zeroed(jpeg, half, 500))
    yield Case("JPEG, zero bytes from its middle to its end", zeroed(jpeg, half, len(jpeg) - half))
    yield Case("JPEG, zero bytes in its header", zeroed(jpeg, tables, 40))
    restarts = encoded(photo, "jpeg", restart_marker_blocks=4)
    yield Case("JPEG, a restart marker lost", flipped(restarts, restarts.index(b"\xff\xd3") + 1, 6))
    cmyk = encoded(photo.convert("CMYK"), "jpeg")
    yield Case("CMYK JPEG, zero bytes in its coded data", zeroed(cmyk, len(cmyk) // 2, 500))
    progressive = encoded(photo, "jpeg", progressive=True)
    yield Case("progressive JPEG, zero bytes in its coded data", zeroed(progressive, len(progressive) // 2, 500))


def _rare(photo: Image.Image) -> Iterator[Case]:
    jpeg = encoded(photo, "jpeg")
    pixels = np.ascontiguousarray(photo)
    yield Case("progressive JPEG", encoded(photo, "jpeg", progressive=True))
    yield Case("JPEG with restart markers", encoded(photo, "jpeg", restart_marker_rows=1))
    yield Case("JPEG with arithmetic coding", arithmetic(jpeg))
    yield Case("lossless JPEG", bytes(imagecodecs.jpeg8_encode(pixels, lossless=True)))
    yield Case("lossless JPEG", bytes(imagecodecs.ljpeg_encode(pixels[..., 0].copy())))
    deep = pixels.astype(np.uint16) * 16
    yield Case("12 bit JPEG", bytes(imagecodecs.jpeg8_encode(deep, 90, bitspersample=12)))
    yield Case("CMYK JPEG", encoded(photo.convert("CMYK"), "jpeg"))
    yield Case("CMYK JPEG", without_adobe(encoded(photo.convert("CMYK"), "jpeg")))
    yield Case("YCCK JPEG", ycck(photo))
    for orientation in range(1, 9):
        upright = SIZE if orientation < 5 else SIZE[::-1]
        data = encoded(photo, "jpeg", exif=turned(orientation))
        yield Case("JPEG with an EXIF orientation of 1 … 8", data, size=upright)
    yield Case("JPEG of 1x1", encoded(photo.resize((1, 1)), "jpeg"), size=(1, 1))
    yield Case("JPEG of 65,500x1", encoded(photo.resize((65_500, 1)), "jpeg"), size=(65_500, 1))
    frame = jpeg.index(b"\xff\xc0") + 5
    giant = jpeg[:frame] + struct.pack(">HH", 65_500, 65_500) + jpeg[frame + 4 :]
    yield Case("small JPEG that says 65,500x65,500", giant)


def _with_others(photo: Image.Image) -> Iterator[Case]:
    jpeg = encoded(photo, "jpeg")
    thumbnail = encoded(photo.resize((48, 32)), "jpeg")
    outer = with_thumbnail(jpeg, thumbnail)
    behind = outer.index(thumbnail) + len(thumbnail)
    scan = read_header(outer).scan
    yield Case("JPEG with a thumbnail", outer)
    yield Case("JPEG with a thumbnail, cut right behind that", outer[:behind])
    yield Case("JPEG with a thumbnail, cut in its coded data", outer[: scan + 100])
    yield Case("JPEG with a thumbnail, cut in its coded data", outer[: len(outer) // 2])
    yield Case("JPEG with other bytes behind its end", jpeg + b"trailing garbage" * 100)
    yield Case("two JPEGs, one behind the other", jpeg + thumbnail)
    yield Case("half a JPEG, and a whole one behind it", jpeg[: len(jpeg) // 2] + jpeg)
    yield Case("MPO, two pictures in a file", encoded(photo, "mpo", save_all=True, append_images=[photo.rotate(180)]))
    yield Case("JPEG with padding between its segments", jpeg[:20] + bytes(3) + jpeg[20:])
    marks = struct.pack("<I", 0xCED7230A) * 30
    for shift in range(4):  # in one of the four files they are aligned as a record's would be
        comment = b"\xff\xfe" + struct.pack(">H", len(marks) + shift + 2) + bytes(shift) + marks
        yield Case("JPEG that holds the mark of a record, 0xCED7230A", jpeg[:2] + comment + jpeg[2:])


def turned(orientation: int) -> Image.Exif:
    """EXIF that says so."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def with_thumbnail(jpeg: bytes, thumbnail: bytes) -> bytes:
    """``jpeg`` with a block of EXIF ahead of all else: no tags, and ``thumbnail``."""
    block = b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0" + thumbnail
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + jpeg[2:]


def arithmetic(jpeg: bytes) -> bytes:
    """A picture of ``jpeg``'s size in arithmetic coding, whose code is empty: a decoder reads on in zeros."""
    header = jpeg[: read_header(jpeg).scan]
    frame = header.index(b"\xff\xc0")
    return header[:frame] + b"\xff\xc9" + header[frame + 2 :] + END_OF_IMAGE


def without_adobe(jpeg: bytes) -> bytes:
    """``jpeg`` without the segment by which its inks are known to be inverted; they are taken so all the same."""
    start = jpeg.index(b"\xff\xee")
    return jpeg[:start] + jpeg[start + 16 :]


def ycck(photo: Image.Image) -> bytes:
    """Luma, chroma and black."""
    cmyk = 255 - np.ascontiguousarray(photo.convert("CMYK"))
    space = imagecodecs.JPEG8.CS
    return bytes(imagecodecs.jpeg8_encode(cmyk, 92, colorspace=space.CMYK, outcolorspace=space.YCCK))
