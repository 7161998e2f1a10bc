"""Telling image formats by their first bytes, and what else can be told without decoding."""

import struct

from gpu_im2rec.transcode.contract import Failure, Reason
from gpu_im2rec.transcode.cut import is_cut, jpeg_is_cut
from gpu_im2rec.transcode.geometry import Size, upright
from gpu_im2rec.transcode.jpeg_header import read_header

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"P5", "PPM"),
    (b"P6", "PPM"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
)


def format_of(data: bytes) -> str | None:
    """The format's name, such as "JPEG", or None for bytes that no known image begins with."""
    for signature, name in _SIGNATURES:
        if data.startswith(signature):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    if data[4:12] in (b"ftypavif", b"ftypavis", b"ftypmif1"):
        return "AVIF"
    return None


def size_of(data: bytes) -> Size | None:
    """Width and height that a JPEG or PNG says it has; None for anything else."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR" and len(data) >= 24:
        width, height = struct.unpack_from(">II", data, 16)
        return width, height
    header = read_header(data) if data.startswith(b"\xff\xd8") else None
    return header and (header.width, header.height)


def upright_size_of(data: bytes) -> Size | None:
    """The same after the rotation that a JPEG's EXIF asks for; None also for an edge of 0, which a JPEG may say."""
    header = read_header(data) if data.startswith(b"\xff\xd8") else None
    size = upright((header.width, header.height), header.orientation) if header else size_of(data)
    return size if size and all(size) else None


def check_whole(data: bytes) -> Failure | None:
    """What is wrong with a file that is stored as it is: the checks that need no decoder.

    Flipped bits pass here, and what ends early in JPEG 2000, AVIF and PPM.
    """
    if not data:
        return Failure(Reason.EMPTY, "the file has no bytes")
    name = format_of(data)
    if name is None:
        return Failure(Reason.NOT_AN_IMAGE, f"no image format begins with {data[:8]!r}")
    header = read_header(data) if name == "JPEG" else None
    if jpeg_is_cut(data, header) if name == "JPEG" else is_cut(data, name):
        return Failure(Reason.TRUNCATED, f"this {name} ends early: the file was cut")
    if name == "JPEG" and not (header and header.scan):
        return Failure(Reason.CORRUPT, "this JPEG has an end but no picture")
    return None


def shows_something(data: bytes) -> bool:
    """Whether a file is a JPEG that reaches its coded data: of no other cut one does im2rec pack a part."""
    header = read_header(data) if format_of(data) == "JPEG" else None
    return header is not None and header.scan > 0
