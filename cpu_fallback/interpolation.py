"""im2rec's `inter_method`: which of OpenCV's methods, and who computes it."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import numpy as np

from cpu_fallback import opencv_resize
from cpu_fallback.picture import Picture, Pixels
from gpu_im2rec.transcode.geometry import Plan
from gpu_im2rec.transcode.spec import TranscodeSpec

_METHODS = ("nearest", "linear", "cubic", "area", "lanczos")  # inter_method 0 … 4


@cache
def opencv() -> Any:
    """The module ``cv2``, or None: it is optional, and the bytes are the same without it."""
    try:
        import cv2  # noqa: PLC0415 (a heavy import that only some options need)
    except ImportError:
        return None
    cv2.setNumThreads(1)  # the engine's threads fill the cores already
    return cv2


def interpolate(picture: Picture, todo: Plan, spec: TranscodeSpec, key: int) -> Picture:
    """Crop and resize with the method that ``spec.interp`` means for this picture; ``key`` seeds `random`."""
    left, top, width, height = (int(edge) for edge in todo.crop)
    cropped = picture.pixels[top : top + height, left : left + width]
    if (width, height) != todo.size:
        cropped = _resize(cropped, *todo.size, _method(spec, key, (width, height), todo.size))
    return Picture(np.ascontiguousarray(cropped), picture.mode)


def _method(spec: TranscodeSpec, key: int, source: tuple[int, int], target: tuple[int, int]) -> str:
    if spec.interp == "random":
        return random.Random(f"{spec.seed} {key}").choice(_METHODS)
    if spec.interp == "auto":
        if target[0] > source[0] and target[1] > source[1]:
            return "cubic"
        return "area" if target[0] < source[0] and target[1] < source[1] else "linear"
    return spec.interp


def _resize(pixels: Pixels, width: int, height: int, method: str) -> Pixels:
    """OpenCV itself where it is installed and every build of it agrees, as for cubic and for 16 bits they do not."""
    cv2 = opencv()
    if cv2 is None or method == "cubic" or pixels.dtype != np.uint8:
        return opencv_resize.resize(pixels, width, height, method)
    flags = {
        "nearest": cv2.INTER_NEAREST,
        "linear": cv2.INTER_LINEAR,
        "area": cv2.INTER_AREA,
        "lanczos": cv2.INTER_LANCZOS4,
    }
    resized: Pixels = cv2.resize(pixels, (width, height), interpolation=flags[method])
    return resized.reshape(height, width, pixels.shape[2])
