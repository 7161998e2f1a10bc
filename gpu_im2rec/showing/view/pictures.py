"""A record's content as a browser can show it: its own bytes where they will do."""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

import simplejpeg

from gpu_im2rec import devices
from gpu_im2rec.transcode import Failure, Reason
from gpu_im2rec.transcode.formats import format_of, size_of
from gpu_im2rec.transcode.geometry import Size

_BY_EVERY_BROWSER = {"JPEG": "image/jpeg", "PNG": "image/png", "WebP": "image/webp", "GIF": "image/gif"}
_SMALL_BYTES, _SMALL_EDGE = 64 << 10, 1024  # up to here a picture is its own thumbnail
_THUMBNAIL_EDGE = 320  # pixels: a cell of the page on a display of twice the density
_LARGEST_EDGE = 4096  # of what is converted
_QUALITY = 90

_turn = threading.Semaphore(devices.default_workers())  # a picture may need a gigabyte while it is decoded


class Shown(NamedTuple):
    """What a browser gets."""

    media_type: str
    data: bytes


class Facts(NamedTuple):
    """What a picture is."""

    format: str  # "JPEG"; empty where it is no known image
    size: Size | None  # (width, height) of the upright picture
    reason: str  # why it cannot be decoded, in a word or two; empty where it can
    problem: str  # the same in full


def whole(content: bytes) -> Shown | Failure:
    """The picture; in a format that browsers do not know, converted, and no edge longer than 4,096 pixels."""
    return _as_it_is(content) or _converted(content, _LARGEST_EDGE)


def thumbnail(content: bytes) -> Shown | Failure:
    """A picture that is quick to show: the content itself, where it is small."""
    size = size_of(content) or (0, 0)
    is_small = len(content) <= _SMALL_BYTES and max(size) <= _SMALL_EDGE
    return (is_small and _as_it_is(content)) or _converted(content, _THUMBNAIL_EDGE)


def facts(content: bytes) -> Facts:
    """What ``content`` is, found by decoding it."""
    decoded = _decoded(content, 64)
    name = format_of(content) or ""
    if isinstance(decoded, Failure):
        return Facts(name, size_of(content), decoded.reason, f"{decoded.reason}: {decoded.message}")
    return Facts(name, decoded.full_size, "", "")


def _as_it_is(content: bytes) -> Shown | None:
    media_type = _BY_EVERY_BROWSER.get(format_of(content) or "")
    return Shown(media_type, content) if media_type else None


def _converted(content: bytes, edge: int) -> Shown | Failure:
    decoded = _decoded(content, edge)
    if isinstance(decoded, Failure):
        return decoded
    return Shown("image/jpeg", simplejpeg.encode_jpeg(decoded.pixels, quality=_QUALITY))


def _decoded(content: bytes, edge: int) -> Any:
    if not content:
        return Failure(Reason.EMPTY, "the record has no content")
    with _turn:
        return devices.small_picture_decoder()(content, edge)
