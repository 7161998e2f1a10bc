"""Crop and resize of a batch on the device, level for level as the CPU engine does it (cuda/resize_*.cu)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.gpu.back_to_back import starts_of
from gpu_im2rec.gpu.kernels import Kernels

_SIZES = ("width", "height", "channels", "target_width", "target_height")
CROP = ("left", "top", "crop_width", "crop_height")
RESIZING = np.dtype(
    [("start", "<u8")]  # of the picture's pixels in the source, bytes
    + [(name, "<i4") for name in _SIZES]
    + [(name, "<f8") for name in CROP]  # whole numbers for linear
)
_RESIZE = np.dtype(  # struct Resize of cuda/resize_batch.cu
    [("source", "<u8"), ("target", "<u8")]
    + [(name, "<i4") for name in (*_SIZES, "first_pixel", *CROP)]
    + [("between", "<u8"), ("first_item", "<i4"), ("padding", "<i4")]
)
_AXIS = np.dtype(  # struct Axis of cuda/resize_antialias.cu
    [("start", "<f8"), ("length", "<f8")]
    + [(name, "<i4") for name in ("inputs", "outputs", "first_output", "window")]
    + [("coefficients", "<u8")]
)


class Resized(NamedTuple):
    """A batch of resized pictures, on the device."""

    pixels: Any  # uint8: each picture HWC, rows back to back
    starts: NDArray[np.uint64]  # where in pixels each begins


class Resizer:
    """Resizes batches, by ``interp`` "linear" or "antialias"."""

    def __init__(self, kernels: Kernels, interp: str) -> None:
        self._kernels = kernels
        self._antialias = interp == "antialias"

    def resize(self, source: Any, jobs: NDArray[Any]) -> Resized:
        """Each of ``jobs``, of dtype RESIZING, in order. Call it where the kernels are; nothing is waited for."""
        resizes, pixels, size = _described(jobs)
        target = self._kernels.arrays.empty(size, np.uint8)
        if self._antialias:
            self._filter(source, jobs, resizes, pixels, target)
        else:
            self._kernels.launch("resize_linear", pixels, self._uploaded(resizes), len(jobs), pixels, source, target)
        return Resized(target, resizes["target"])

    def _filter(self, source: Any, jobs: NDArray[Any], resizes: NDArray[Any], pixels: int, target: Any) -> None:
        new, launch, count = self._kernels.arrays.empty, self._kernels.launch, len(jobs)
        described, outputs, room = _axes(jobs)
        between_size, items = _keep_columns(resizes, described)
        axes, own = self._uploaded(described), self._uploaded(resizes)
        largest = self._kernels.arrays.zeros(2 * count, np.uint64)
        firsts, sizes = new(outputs, np.int32), new(outputs, np.int32)
        coefficients, between = new(room, np.int16), new(between_size, np.uint8)
        launch("weigh", outputs, axes, 2 * count, outputs, largest, firsts, sizes)
        launch("quantise_weights", outputs, axes, 2 * count, outputs, largest, coefficients)
        weights = (axes, largest, firsts, sizes, coefficients)
        launch("filter_columns", items, own, count, items, *weights, source, between)
        launch("filter_rows", pixels, own, count, pixels, *weights, between, target)

    def _uploaded(self, array: NDArray[Any]) -> Any:
        return self._kernels.arrays.asarray(array.view(np.uint8))


def _described(jobs: NDArray[Any]) -> tuple[NDArray[Any], int, int]:
    """The batch as the kernels' array of ``struct Resize``, and the pixels and bytes that come out."""
    resizes = np.zeros(len(jobs), _RESIZE)
    resizes["source"] = jobs["start"]
    for name in (*_SIZES, *CROP):
        resizes[name] = jobs[name]
    pixels = resizes["target_width"].astype(np.int64) * resizes["target_height"]
    resizes["first_pixel"], all_pixels = starts_of(pixels)
    resizes["target"], size = starts_of(pixels * resizes["channels"])
    return resizes, all_pixels, size


def _axes(jobs: NDArray[Any]) -> tuple[NDArray[Any], int, int]:
    """``struct Axis``, down and across for each picture; outputs of all; room for their coefficients."""
    axes = np.zeros((len(jobs), 2), _AXIS)
    for number, (start, length, inputs, outputs) in enumerate(
        (("top", "crop_height", "height", "target_height"), ("left", "crop_width", "width", "target_width"))
    ):
        axes["start"][:, number], axes["length"][:, number] = jobs[start], jobs[length]
        axes["inputs"][:, number], axes["outputs"][:, number] = jobs[inputs], jobs[outputs]
    flat = axes.ravel()
    flat["window"] = 2 * np.ceil(_radius(flat)).astype(np.int32) + 1
    flat["first_output"], all_outputs = starts_of(flat["outputs"])
    flat["coefficients"], room = starts_of(flat["outputs"].astype(np.int64) * flat["window"])
    return flat, all_outputs, room


def _radius(axes: NDArray[Any]) -> NDArray[np.float64]:
    """In pixels of the source: how far an output looks to each side; the kernel's arithmetic."""
    scale = (axes["start"] + axes["length"] - axes["start"]) / axes["outputs"]
    radius: NDArray[np.float64] = np.maximum(scale, 1.0)
    return radius


def _keep_columns(resizes: NDArray[Any], axes: NDArray[Any]) -> tuple[int, int]:
    """Say which columns are filtered at all; bytes of what comes of it, and items of four samples."""
    across = axes[1::2]
    radius = _radius(across)
    left = np.maximum(np.floor(across["start"] - radius), 0).astype(np.int64)
    right = np.minimum(np.ceil(across["start"] + across["length"] + radius), across["inputs"]).astype(np.int64)
    resizes["left"], resizes["crop_width"] = left, right - left
    samples = (right - left) * resizes["channels"]
    resizes["first_item"], items = starts_of(-(-samples // 4) * resizes["target_height"])
    resizes["between"], size = starts_of(samples * resizes["target_height"])
    return size, items
