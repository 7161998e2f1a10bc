"""The kernels of a ``.cu`` file on a CUDA device, compiled by CuPy when they are first needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.resources import files
from typing import Any, Protocol

import numpy as np

from gpu_im2rec.gpu.arrays import free_pools

COMPILE_OPTIONS = ("-std=c++17",)
_THREADS = 128  # a group


class Kernels(Protocol):
    """Where kernels run and their arrays live. The device has one; tests build the same text for the host."""

    arrays: Any  # a module with NumPy's functions: cupy, or numpy on the host

    def here(self) -> AbstractContextManager[None]:
        """While this is entered, ``arrays`` makes its arrays in this place, and all work is done in order."""
        ...

    def launch(self, name: str, threads: int, *arguments: Any) -> None:
        """Run the kernel ``name`` on ``threads`` threads; ints are passed as 32 bits, arrays as addresses."""
        ...

    def to_host(self, array: Any) -> np.ndarray:
        """``array`` in host memory, once all that was launched before is done; valid until the next call."""
        ...

    def free_memory(self) -> None:
        """Give memory that is kept for reuse back to the device."""
        ...


class CudaKernels:
    """Kernels on one CUDA device, in a stream of their own."""

    def __init__(self, file: str, device_id: int) -> None:
        import cupy  # noqa: PLC0415 (takes a second, and may not be installed)

        self.arrays = cupy
        self._device = cupy.cuda.Device(device_id)
        with self._device:
            self._stream = cupy.cuda.Stream(non_blocking=True)
            self._module = cupy.RawModule(code=source(file), options=COMPILE_OPTIONS)
        self._functions: dict[str, Any] = {}
        self._pinned = np.empty(0, np.uint8)

    @contextmanager
    def here(self) -> Iterator[None]:
        """See ``Kernels``; what does not compile, CuPy's own kernels included, is a RuntimeError."""
        with self._device, self._stream:
            try:
                yield
            except self.arrays.cuda.compiler.CompileException as error:
                raise RuntimeError(f"CUDA kernels do not compile: {error}") from None

    def launch(self, name: str, threads: int, *arguments: Any) -> None:
        """See ``Kernels``."""
        if name not in self._functions:
            self._functions[name] = self._module.get_function(name)
        passed = tuple(np.int32(value) if isinstance(value, int) else value for value in arguments)
        self._functions[name](((threads + _THREADS - 1) // _THREADS,), (_THREADS,), passed)

    def to_host(self, array: Any) -> np.ndarray:
        """See ``Kernels``; through page-locked memory, which the device writes without the processor's help."""
        if self._pinned.size < array.nbytes:
            self._pinned = np.empty(0, np.uint8)
            memory = self.arrays.cuda.alloc_pinned_memory(array.nbytes + array.nbytes // 4)
            self._pinned = np.frombuffer(memory, np.uint8)
        target: np.ndarray = self._pinned[: array.nbytes].view(array.dtype).reshape(array.shape)
        array.get(out=target, blocking=True)
        return target

    def free_memory(self) -> None:
        """See ``Kernels``."""
        free_pools(self.arrays, self._device)


def source(file: str) -> str:
    """The text of a kernel file of this package."""
    return files(__package__).joinpath(file).read_text(encoding="utf-8")
