"""One picture: decode → turn upright → crop and resize → encode."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cpu_fallback import colors, jpeg, other_formats, png_decode, png_encode
from cpu_fallback.antialias import Filter
from cpu_fallback.interpolation import interpolate
from cpu_fallback.picture import BadPictureError, Mode, Picture, Pixels, refuse_giant, rotated
from gpu_im2rec.transcode import Encoded, Failure, Reason, Source, TranscodeSpec
from gpu_im2rec.transcode.formats import format_of, shows_something
from gpu_im2rec.transcode.geometry import Plan, decode_divisor, divided, plan, upright
from gpu_im2rec.transcode.jpeg_header import END_OF_IMAGE, LOSSLESS, read_header
from gpu_im2rec.transcode.spec import MAX_JPEG_EDGE

_NO_MORE = END_OF_IMAGE * (1 << 15)  # what libjpeg reads behind the end of a file, for as long as a segment can be
_KEPT_BUFFER = 64 << 20  # bytes; a fresh buffer for every picture would cost its page faults again


class Transcoder:
    """Does what a spec says to one picture at a time, reusing its buffers. One per thread."""

    def __init__(self, spec: TranscodeSpec) -> None:
        other_formats.allow_pixels(spec.max_pixels)
        self._spec = spec
        self._filter = Filter()
        self._buffer: Pixels = np.empty(0, np.uint8)

    def transcode(self, source: Source) -> Encoded | Failure:
        """The picture as it goes into its record; a Failure, never an exception, for a bad one."""
        result = self._tried(source)
        cut = isinstance(result, Failure) and result.reason is Reason.TRUNCATED
        if cut and self._spec.accept_truncated and shows_something(source.data):
            part = self._tried(replace(source, data=source.data + _NO_MORE), by_pillow=True)
            return replace(part, truncated=True) if isinstance(part, Encoded) else result
        return result

    def _tried(self, source: Source, *, by_pillow: bool = False) -> Encoded | Failure:
        if not source.data:
            return Failure(Reason.EMPTY, "the file has no bytes")
        try:
            return Encoded(self._encode(self._upright_and_resized(source, by_pillow)))
        except BadPictureError as error:
            return error.failure
        except MemoryError:
            return Failure(Reason.TOO_LARGE, "not enough memory to decode it; lower --max-pixels or --workers")
        except Exception as error:  # one picture must not end a run of millions, whatever we overlooked
            return Failure(Reason.DEFECT, f"please report it with this picture: {type(error).__name__}: {error}")

    def close(self) -> None:
        """Nothing is held but memory."""

    def _upright_and_resized(self, source: Source, by_pillow: bool) -> Picture:
        file_format = format_of(source.data)
        picture = self._from_jpeg(source) if file_format == "JPEG" and not by_pillow else None
        if picture:
            return picture
        spec = self._spec
        keep_deep = spec.color == -1 and spec.encoding == "png"
        decode = png_decode.decode if file_format == "PNG" else other_formats.decode
        picture = decode(source.data, color=spec.color, max_pixels=spec.max_pixels, keep_deep=keep_deep)
        todo = self._plan(picture.size)
        return self._resized(picture, todo, 1, source.key)

    def _from_jpeg(self, source: Source) -> Picture | None:
        """None where Pillow must decode it, or say why not."""
        spec, said, header = self._spec, read_header(source.data), jpeg.read_header(source.data)
        if said is None or header is None or said.process == LOSSLESS:
            return None
        stored = header.width, header.height
        refuse_giant(*stored, spec.max_pixels)
        if said.precision != 8:
            raise BadPictureError(Reason.UNSUPPORTED, f"a JPEG of {said.precision} bits a sample, which few can decode")
        orientation = 1 if spec.color == -1 else said.orientation
        todo = self._plan(upright(stored, orientation))
        divisor = decode_divisor(todo) if spec.interp == "antialias" else 1
        picture = jpeg.decode(source.data, header, self._mode(header), divisor, self._buffer_for(header, divisor))
        if picture is None:
            return None
        if picture.mode == "CMYK":
            picture = colors.from_cmyk(picture.pixels, spec.color)
        if orientation != 1:
            picture = rotated(picture, orientation)
        return self._resized(picture, todo, divisor, source.key)

    def _mode(self, header: jpeg.Header) -> Mode:
        if header.colorspace in ("CMYK", "YCCK"):
            return "CMYK"
        if self._spec.color == 0 or (self._spec.color == -1 and header.colorspace == "Gray"):
            return "GRAY"
        return "RGBX" if self._spec.interp == "antialias" else "RGB"

    def _plan(self, size: tuple[int, int]) -> Plan:
        todo = plan(size, self._spec)
        refuse_giant(*todo.size, self._spec.max_pixels)
        name, edge = ("JPEG", MAX_JPEG_EDGE) if self._spec.encoding == "jpg" else ("PNG", png_encode.MAX_EDGE)
        if max(todo.size) > edge:
            width, height = todo.size
            raise BadPictureError(Reason.TOO_LARGE, f"{width}x{height} comes out; a {name}'s edge is at most {edge}")
        return todo

    def _resized(self, picture: Picture, todo: Plan, divisor: int, key: int) -> Picture:
        if picture.size == todo.size:
            return picture
        if self._spec.interp == "antialias":
            return self._filter.resize(picture, divided(todo.crop, divisor), todo.size)
        return interpolate(picture, todo, self._spec, key)

    def _encode(self, picture: Picture) -> bytes:
        if self._spec.encoding == "png":
            return png_encode.encode(picture, self._spec.png_level)
        return jpeg.encode(picture, self._spec.quality)

    def _buffer_for(self, header: jpeg.Header, divisor: int) -> Pixels | None:
        needed = 4 * (header.width // divisor + 1) * (header.height // divisor + 1)
        if needed > _KEPT_BUFFER:
            return None
        if needed > self._buffer.size:
            self._buffer = np.empty(needed, np.uint8)
        return self._buffer
