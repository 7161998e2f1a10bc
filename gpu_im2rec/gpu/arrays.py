"""Where a loader's arrays live: CuPy's on a CUDA device, made over DALI's memory or of rows from the host."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
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
        self._cupy = load_cupy()
        self._device = self._cupy.cuda.Device(device_id)

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
        free_pools(self._cupy.get_default_memory_pool(), self._device)


def load_cupy() -> Any:
    """The module, which takes a second to load and may not be installed: then it raises ImportError.

    CuPy keeps what it compiles, and does not load where it cannot: in a container without a home that is kept until the
    program ends.
    """
    if "CUPY_CACHE_DIR" not in os.environ and not _may_write(Path("~/.cupy/kernel_cache").expanduser()):
        os.environ["CUPY_CACHE_DIR"] = _cache().name
    import cupy  # noqa: PLC0415 (takes a second, and may not be installed)

    return cupy


@cache
def _cache() -> tempfile.TemporaryDirectory[str]:
    """Removed when the program ends."""
    return tempfile.TemporaryDirectory(prefix="gpu-im2rec-")


def _may_write(folder: Path) -> bool:
    """Whether files can be made in ``folder``, which is made if it is not there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


def free_pools(pool: Any, device: Any) -> None:
    """Give what ``pool``, one of CuPy's, and DALI's keep back to ``device``: they compete for the same memory."""
    dali: Any = sys.modules.get("nvidia.dali.backend")
    with device:
        pool.free_all_blocks()
        if dali:
            dali.ReleaseUnusedMemory()
