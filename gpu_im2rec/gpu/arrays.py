"""Where a loader's arrays live: CuPy's on a CUDA device, made over DALI's memory or of rows from the host."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Protocol

from numpy.typing import NDArray


class Arrays(Protocol):
    """A place for arrays, and the queue of work on them. The device has one; in tests NumPy takes its place."""

    def view(self, memory: Any) -> Any:
        """An array over ``memory``, which speaks an array interface: without a copy, and it keeps ``memory``."""
        ...

    def uploaded(self, rows: NDArray[Any]) -> Any:
        """``rows`` of the host in an array of this place."""
        ...

    def put(self, row: NDArray[Any], data: Any, place: int) -> None:
        """Copy ``row`` of the host over row ``place`` of ``data``."""
        ...

    def mark(self) -> Callable[[], bool]:
        """Tells at any later time whether all work is done that is queued now."""
        ...

    def free_memory(self) -> None:
        """Give memory that is kept for reuse back to the device."""
        ...


class CudaArrays:
    """CuPy's arrays on one CUDA device; work is queued on its current stream. No kernel is compiled for any of it."""

    def __init__(self, device_id: int) -> None:
        import cupy  # noqa: PLC0415 (takes a second, and may not be installed)

        self._cupy = cupy
        self._device = cupy.cuda.Device(device_id)

    def view(self, memory: Any) -> Any:
        """See ``Arrays``."""
        with self._device:
            return self._cupy.asarray(memory)

    def uploaded(self, rows: NDArray[Any]) -> Any:
        """See ``Arrays``."""
        with self._device:
            return self._cupy.asarray(rows)

    def put(self, row: NDArray[Any], data: Any, place: int) -> None:
        """See ``Arrays``."""
        with self._device:
            data[place].set(row)

    def mark(self) -> Callable[[], bool]:
        """See ``Arrays``."""
        with self._device:
            event = self._cupy.cuda.Event(disable_timing=True)
            event.record()
        return lambda: bool(event.done)

    def free_memory(self) -> None:
        """See ``Arrays``."""
        free_pools(self._cupy, self._device)


def free_pools(cupy: Any, device: Any) -> None:
    """Give what CuPy's and DALI's pools keep back to ``device``: they compete for the same memory."""
    dali: Any = sys.modules.get("nvidia.dali.backend")
    with device:
        cupy.get_default_memory_pool().free_all_blocks()
        if dali:
            dali.ReleaseUnusedMemory()
