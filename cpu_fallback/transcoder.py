"""One picture: decode → turn upright → crop and resize → encode."""

from __future__ import annotations

from dataclasses import replace

from cpu_fallback import jpeg, png_encode
from cpu_fallback.antialias import Filter
from cpu_fallback.decoder import Decoder
from cpu_fallback.interpolation import interpolate
from cpu_fallback.picture import BadPictureError, Picture, attempted, refuse_giant
from gpu_im2rec.transcode import Encoded, Failure, Reason, Source, TranscodeSpec
from gpu_im2rec.transcode.formats import shows_something
from gpu_im2rec.transcode.geometry import Plan, divided, plan
from gpu_im2rec.transcode.jpeg_header import END_OF_IMAGE
from gpu_im2rec.transcode.spec import MAX_JPEG_EDGE

_NO_MORE = END_OF_IMAGE * (1 << 15)  # what libjpeg reads behind the end of a file, for as long as a segment can be


class Transcoder:
    """Does what a spec says to one picture at a time, reusing its buffers. One per thread."""

    def __init__(self, spec: TranscodeSpec) -> None:
        self._spec = spec
        self._filter = Filter()
        antialias = spec.interp == "antialias"
        self._decoder = Decoder(
            color=spec.color,
            max_pixels=spec.max_pixels,
            scaled=antialias,
            padded=antialias,
            keep_deep=spec.color == -1 and spec.encoding == "png",
        )

    def transcode(self, source: Source) -> Encoded | Failure:
        """The picture as it goes into its record; a Failure, never an exception, for a bad one."""
        result = self._tried(source)
        cut = isinstance(result, Failure) and result.reason is Reason.TRUNCATED
        if cut and self._spec.accept_truncated and shows_something(source.data):
            part = self._tried(replace(source, data=source.data + _NO_MORE), by_pillow=True)
            return replace(part, truncated=True) if isinstance(part, Encoded) else result
        return result

    def _tried(self, source: Source, *, by_pillow: bool = False) -> Encoded | Failure:
        return attempted(lambda: Encoded(self._encode(self._upright_and_resized(source, by_pillow))))

    def close(self) -> None:
        """Nothing is held but memory."""

    def _upright_and_resized(self, source: Source, by_pillow: bool) -> Picture:
        picture, todo, divisor = self._decoder.decode(source.data, self._plan, by_pillow=by_pillow)
        return self._resized(picture, todo, divisor, source.key)

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
