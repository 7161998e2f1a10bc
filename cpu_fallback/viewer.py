"""One picture into its row of a batch: decode → resize and crop → mirror → normalise."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpu_fallback.antialias import Filter
from cpu_fallback.decoder import Decoder
from cpu_fallback.normalisation import Normalisation
from cpu_fallback.picture import BadPictureError, Picture, Pixels, attempted
from gpu_im2rec.transcode import Failure, Reason
from gpu_im2rec.transcode.geometry import Plan, divided
from gpu_im2rec.transcode.loading import Sample, TensorSpec


class Viewer:
    """Does what a spec says to one picture at a time, reusing its buffers. One per thread."""

    def __init__(self, spec: TensorSpec) -> None:
        self._spec = spec
        self._planar = spec.layout == "NCHW"
        self._decoder = Decoder(color=spec.color, max_pixels=spec.max_pixels, scaled=True, padded=self._planar)
        self._filter = Filter()
        self._planes = np.empty(spec.shape, np.uint8)
        self._normalise = Normalisation(spec)

    def view(self, sample: Sample, row: NDArray[Any]) -> Failure | None:
        """Fill ``row``, one picture of a batch; a Failure, never an exception, for a bad one, and zeros."""
        failure = attempted(partial(self._fill, sample, row))
        if failure:
            row[...] = 0
        return failure

    def close(self) -> None:
        """Nothing is held but memory."""

    def _fill(self, sample: Sample, row: NDArray[Any]) -> None:
        picture, todo, divisor = self._decoder.decode(sample.data, partial(self._spec.plan, crop=sample.crop))
        if self._spec.channels == 4 and picture.mode != "RGBA":
            raise BadPictureError(Reason.UNSUPPORTED, "a picture without an alpha channel, where 4 channels are asked")
        pixels = self._seen(picture, todo, divisor)
        if sample.mirror:
            pixels = pixels[:, ::-1]
        if not self._planar:
            self._normalise(pixels, row)
        elif self._spec.dtype == "uint8":
            _split(pixels, row)
        else:
            _split(pixels, self._planes)
            self._normalise(self._planes, row)

    def _seen(self, picture: Picture, todo: Plan, divisor: int) -> Pixels:
        """The part of ``picture`` that is seen, at the size at which it is seen."""
        if todo.crop[2:] == todo.size:
            left, top, width, height = map(int, todo.crop)
            return picture.pixels[top : top + height, left : left + width]
        return self._filter.resize(picture, divided(todo.crop, divisor), todo.size).pixels


def _split(pixels: Pixels, planes: Pixels) -> None:
    """(H, W, C), or RGBX for three, into (C, H, W)."""
    if pixels.shape[2] == 4:  # a word each, whose lowest byte is quicker to take than every fourth byte
        words = pixels.view("<u4")[..., 0].copy()
        for channel, plane in enumerate(planes):
            if channel:
                words >>= 8
            np.copyto(plane, words, casting="unsafe")
    else:
        np.copyto(planes, pixels.transpose(2, 0, 1))
