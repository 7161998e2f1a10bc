"""A device on which every kernel costs nothing: what is left is the host's own work."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from gpu_im2rec.gpu import ExactDevice
from gpu_im2rec.transcode import TranscodeSpec

_ADDRESS = 1 << 40


class FreeArray:
    """An array of which nothing is there but its length."""

    def __init__(self, size: int) -> None:
        self.size = size

    def fill(self, value: int) -> None:
        pass

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, part: slice) -> FreeArray:
        return FreeArray(len(range(*part.indices(self.size))))


class _FreeArrays:
    """CuPy's functions, as far as they are used."""

    def empty(self, shape: Any, dtype: Any) -> FreeArray:
        return FreeArray(math.prod(shape) if isinstance(shape, tuple) else int(shape))

    zeros = empty

    def cumsum(self, array: FreeArray, dtype: Any) -> FreeArray:
        return FreeArray(array.size)

    def asarray(self, array: Any) -> Any:
        return array


class FreeDevice(ExactDevice):
    """The exact device with kernels that cost nothing, and so do nothing."""

    def __init__(self, spec: TranscodeSpec, file_bytes: int) -> None:
        super().__init__(spec, FreeKernels(file_bytes))

    def _warm_up(self) -> None:
        """There is nothing that could show whether it works."""


class FreeKernels:
    """Implements ``Kernels``. Each picture comes to ``file_bytes`` of code, if it has room; none is flagged."""

    arrays = _FreeArrays()

    def __init__(self, file_bytes: int) -> None:
        self._file_bytes = file_bytes
        self._code = self._staged = np.zeros(0, np.uint8)

    def here(self) -> AbstractContextManager[None]:
        return nullcontext()

    def launch(self, name: str, threads: int, *arguments: Any) -> None:
        pass

    def address(self, array: Any) -> int:
        return _ADDRESS

    def recorded(self, launches: Callable[[], None]) -> Callable[[], None]:
        return launches

    def upload(self, array: Any, target: FreeArray) -> None:
        self.staging(array.nbytes)[0][:] = array.view(np.uint8)

    def staging(self, size: int) -> tuple[Any, Callable[[], FreeArray]]:
        """Memory that is used again and again, as page-locked memory is."""
        if len(self._staged) < size:
            self._staged = np.zeros(size, np.uint8)
        return self._staged[:size], lambda: FreeArray(size)

    def sent(self, *arrays: FreeArray) -> Callable[[], list[Any]]:
        """Flags alone, or where files end and what they hold."""
        count = len(arrays[0])
        if len(arrays) == 1:
            return lambda: [np.zeros(count, np.int32)]
        size = min(self._file_bytes, len(arrays[1]) // count)
        if len(self._code) < count * size:
            self._code = np.zeros(count * size, np.uint8)
        return lambda: [np.arange(1, count + 1) * size, self._code]

    def free_memory(self) -> None:
        pass
