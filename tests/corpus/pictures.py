"""Files of every format but JPEG, and files that are no pictures."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import imagecodecs
import numpy as np
from PIL import Image

from tests.corpus.case import Case, encoded, flipped, zeroed


def pictures(photo: Image.Image) -> Iterator[Case]:
    """Every case whose file is of another format than JPEG, or of none."""
    yield from _png(photo)
    yield from _gif(photo)
    yield from _webp(photo)
    yield from _bmp(photo)
    yield from _tiff(photo)
    yield from _no_pictures(photo)


def _png(photo: Image.Image) -> Iterator[Case]:
    png = with_chunk(encoded(photo, "png"), b"tEXt", b"Comment\0a photograph")
    yield Case("PNG cut in its signature", png[:5])
    for name, start, end in chunks(png):
        where = "end mark" if name == b"IEND" else name.decode()
        for cut in (start + 2, start + 6, (start + 8 + end) // 2, end - 4, end - 1):
            yield Case(f"PNG cut in its {where}", png[:cut])
        if name != b"IEND":
            yield Case("PNG without its end mark" if name == b"IDAT" else "PNG cut between two chunks", png[:end])
    half = (png.index(b"IDAT") + len(png)) // 2
    yield Case("PNG, a bit of its width flipped", flipped(png, 18))
    yield Case("PNG, a bit of its pixels flipped", flipped(png, half))
    yield Case("PNG, a bit of a comment flipped", flipped(png, png.index(b"photograph")))
    yield Case("PNG, zero bytes in its pixels", zeroed(png, half, 500))
    yield Case("PNG with other bytes behind its end", png + b"trailing garbage" * 100)
    deep = np.ascontiguousarray(photo).astype(np.uint16) * 257
    yield Case("16 bit PNG", bytes(imagecodecs.png_encode(deep)))
    yield Case("16 bit PNG", bytes(imagecodecs.png_encode(deep[..., 0].copy())))
    yield Case("animated PNG", encoded(photo, "png", save_all=True, append_images=[photo.rotate(180)]))
    yield Case("PNG of 1x1", encoded(photo.resize((1, 1)), "png"), size=(1, 1))
    yield Case("PNG of 65,500x1", encoded(photo.resize((65_500, 1)), "png"), size=(65_500, 1))
    yield Case("PNG of 65,501x1", encoded(photo.resize((65_501, 1)), "png"))
    giant = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    yield Case("small PNG that says 100,000x100,000", png[:8] + chunk(b"IHDR", giant) + png[33:])


def _gif(photo: Image.Image) -> Iterator[Case]:
    gif = encoded(photo, "gif")
    image = gif.index(b"\x2c", 13 + 768)
    for cut in (8, 100, image + 5, image + 11, (image + len(gif)) // 2, len(gif) - 4):
        yield Case("GIF cut", gif[:cut])
    yield Case("GIF without its end mark", gif[:-1])
    animated = encoded(photo, "gif", save_all=True, append_images=[photo.rotate(180)])
    yield Case("animated GIF", animated)
    yield Case("animated GIF cut in its second picture", animated[:-500])
    yield Case("small GIF that says 65,535x65,535", gif[:6] + b"\xff" * 4 + gif[10:])


def _webp(photo: Image.Image) -> Iterator[Case]:
    for lossless in (False, True):
        webp = encoded(photo, "webp", lossless=lossless)
        for cut in (14, 25, len(webp) // 2, len(webp) - 10):
            yield Case("WebP cut", webp[:cut])
    yield Case("animated WebP", encoded(photo, "webp", save_all=True, append_images=[photo.rotate(180)]))
    sizes = int.from_bytes(webp[21:25], "little") | 0x0FFF_FFFF  # 14 bits each, less one
    yield Case("small WebP that says 16,384x16,384", webp[:21] + sizes.to_bytes(4, "little") + webp[25:])


def _bmp(photo: Image.Image) -> Iterator[Case]:
    bmp = encoded(photo, "bmp")
    for cut in (10, 30, 60, len(bmp) // 2, len(bmp) - 10):
        yield Case("BMP cut", bmp[:cut])
    yield Case("small BMP that says 60,000x60,000", bmp[:18] + struct.pack("<ii", 60_000, 60_000) + bmp[26:])


def _tiff(photo: Image.Image) -> Iterator[Case]:
    tiff = encoded(photo, "tiff")
    for cut in (6, 20, 200, len(tiff) // 2, len(tiff) - 10):
        yield Case("TIFF cut", tiff[:cut])
    packed = encoded(photo, "tiff", compression="tiff_lzw")
    for cut in (6, len(packed) // 2, len(packed) - 10):
        yield Case("TIFF cut", packed[:cut])
    yield Case("TIFF, zero bytes in its pixels", zeroed(packed, len(packed) // 2, 500))
    deep = np.ascontiguousarray(photo).astype(np.uint16) * 257
    yield Case("16 bit TIFF", bytes(imagecodecs.tiff_encode(deep)))
    yield Case("16 bit TIFF", encoded(Image.fromarray(deep[..., 0].copy()), "tiff"))
    yield Case("floating-point TIFF", bytes(imagecodecs.tiff_encode(deep.astype(np.float32))))
    yield Case("floating-point TIFF", encoded(Image.fromarray(deep[..., 0].astype(np.float32)), "tiff"))
    yield Case("small TIFF that says 100,000x100,000", of_size(tiff, 100_000))


def _no_pictures(photo: Image.Image) -> Iterator[Case]:
    yield Case("empty file", b"")
    yield Case("zero bytes", bytes(5000))
    yield Case("text called .jpg", b"<html>404 not found</html>")
    yield Case("PNG called .jpg", encoded(photo, "png"))
    yield Case("GIF called .jpg", encoded(photo, "gif"))
    yield Case("JPEG called .png", encoded(photo, "jpeg"), suffix=".png")


def chunk(name: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def with_chunk(png: bytes, name: bytes, data: bytes) -> bytes:
    """``png`` with a chunk behind its header."""
    return png[:33] + chunk(name, data) + png[33:]


def chunks(png: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of each chunk."""
    position = 8
    while position < len(png):
        length, name = struct.unpack_from(">I4s", png, position)
        yield name, position, position + 12 + length
        position += 12 + length


def of_size(tiff: bytes, edge: int) -> bytes:
    """``tiff``, little-endian, with a directory that says another width and height."""
    changed = bytearray(tiff)
    (directory,) = struct.unpack_from("<I", tiff, 4)
    (entries,) = struct.unpack_from("<H", tiff, directory)
    for at in range(directory + 2, directory + 2 + 12 * entries, 12):
        if struct.unpack_from("<H", tiff, at)[0] in (256, 257):
            struct.pack_into("<HII", changed, at + 2, 4, 1, edge)
    return bytes(changed)
