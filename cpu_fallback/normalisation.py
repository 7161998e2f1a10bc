"""Levels of 0 … 255 to the numbers that a trainer asks for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpu_fallback.picture import Pixels
from gpu_im2rec.transcode.loading import TensorSpec


class Normalisation:
    """(x - mean) * (scale / std), each step rounded to float32, as MXNet reckons; see ``TensorSpec``."""

    def __init__(self, spec: TensorSpec) -> None:
        mean, std = (np.array(values, np.float32) for values in (spec.shift, spec.std[: spec.channels]))
        factor = np.float32(spec.scale) / std
        self._is_int8 = spec.dtype == "int8"
        # Whole rows at once: NumPy is slow where it must begin anew for the three channels of each pixel.
        planar = spec.layout == "NCHW"
        self._shape = spec.shape if planar else (spec.height, spec.width * spec.channels)
        self._mean, self._factor = (
            values[:, None, None] if planar else np.tile(values, spec.width) for values in (mean, factor)
        )
        self._shifts, self._scales = bool(mean.any()), bool((factor != 1).any())

    def __call__(self, levels: Pixels, row: NDArray[Any]) -> None:
        """``levels``, (C, H, W) or (H, W, C) as the layout has them, into ``row``, C-contiguous and of that shape."""
        if self._is_int8:
            numbers = levels.astype(np.float32, order="C").reshape(self._shape)
            np.copyto(row.reshape(self._shape), (numbers - self._mean).clip(-128, 127), casting="unsafe")
            return
        np.copyto(row, levels)
        numbers = row.reshape(self._shape)
        if self._shifts:
            np.subtract(numbers, self._mean, out=numbers)
        if self._scales:
            np.multiply(numbers, self._factor, out=numbers)
