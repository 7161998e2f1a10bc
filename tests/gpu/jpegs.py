"""JPEGs of every kind that the decoder takes, and what libjpeg-turbo makes of them."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from cpu_fallback import jpeg
from cpu_fallback.picture import rotated
from gpu_im2rec.gpu.jpeg_batch import Coded, batch_of
from gpu_im2rec.gpu.jpeg_decoder import JpegDecoder, told
from gpu_im2rec.gpu.jpeg_frame import Frame, read_frame
from gpu_im2rec.gpu.jpeg_layout import View
from gpu_im2rec.transcode.jpeg_header import END_OF_IMAGE, read_header

PLAIN = View(1, 3, 1)


def coded(data: bytes, view: View = PLAIN) -> Coded:
    """``data``, a whole JPEG, for the decoder."""
    header = read_header(data)
    scan = header.scan
    frame = read_frame(data[header.tables : scan])
    assert isinstance(frame, Frame), frame
    end = data.rfind(END_OF_IMAGE, scan) + 2
    return Coded(frame.shape, view, frame.tables, np.frombuffer(data, np.uint8)[scan : end if end > 1 else len(data)])


def decoded_at(place, jobs: list[Coded]) -> list[np.ndarray | str]:
    """(H, W, C) pixels of each job, or why there are none."""
    with place.kernels.here():
        decoded = JpegDecoder(place.kernels).decode(batch_of(jobs))
        flags, pixels = place.kernels.sent(decoded.flags, decoded.pixels)()
    found: list[np.ndarray | str] = []
    for job, flag, start, size in zip(
        jobs, flags.tolist(), decoded.starts.tolist(), decoded.sizes.tolist(), strict=True
    ):
        (width, height), channels = size, job.view.channels
        own = pixels[start : start + width * height * channels].reshape(height, width, channels)
        found.append(told(flag) if flag else own)
    return found


def expected(data: bytes, view: View = PLAIN) -> np.ndarray | None:
    """What the CPU engine decodes; None where libjpeg-turbo warns."""
    header = jpeg.read_header(data)
    picture = jpeg.decode(data, header, "RGB" if view.channels == 3 else "GRAY", view.divisor, None)
    return picture and rotated(picture, view.orientation).pixels


def photo_like(width: int, height: int, seed: int, grain: float = 3) -> Image.Image:
    """Smooth noise of several sizes, an edge, and some grain."""
    rng = np.random.default_rng(seed)
    levels = np.zeros((height, width, 3), np.float32)
    for step, strength in ((64, 90), (16, 50), (5, 25), (2, 10)):
        coarse = rng.normal(0, strength, (height // step + 2, width // step + 2, 3)).astype(np.float32)
        planes = [Image.fromarray(coarse[..., c]).resize((width, height), Image.Resampling.BICUBIC) for c in range(3)]
        levels += np.stack([np.asarray(plane) for plane in planes], axis=2)
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    levels += 60 * ((x * rng.normal() + y * rng.normal()) > 0.3 * width)[..., None]
    levels += rng.normal(0, grain, levels.shape)
    return Image.fromarray(np.clip(levels + 110, 0, 255).astype(np.uint8))


def saved(image: Image.Image, **options) -> bytes:
    """A JPEG file by Pillow, which has libjpeg-turbo in it."""
    out = io.BytesIO()
    image.save(out, "jpeg", **options)
    return out.getvalue()


def lying_down(jpeg_422: bytes) -> bytes:
    """The same coded data under a header that says 4:4:0: a valid file, its picture scrambled."""
    at = jpeg_422.index(b"\xff\xc0") + 5
    height, width = jpeg_422[at : at + 2], jpeg_422[at + 2 : at + 4]
    return jpeg_422[:at] + width + height + jpeg_422[at + 4 : at + 6] + b"\x12" + jpeg_422[at + 7 :]


def with_all_ones(data: bytes) -> bytes:
    """One Huffman code more, of ones alone, which no table may have."""
    at = data.index(b"\xff\xc4") + 4
    counts = bytearray(data[at + 1 : at + 17])
    counts[8] += 1  # the standard DC table ends with 111111110
    length = int.from_bytes(data[at - 2 : at], "big") + 1
    symbols = sum(data[at + 1 : at + 17])
    table = data[at : at + 1] + bytes(counts) + data[at + 17 : at + 17 + symbols] + b"\x0b" + data[at + 17 + symbols :]
    return data[: at - 2] + length.to_bytes(2, "big") + table
