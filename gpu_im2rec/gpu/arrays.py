"""Where a loader's arrays live: CuPy's on a CUDA device, made over DALI's memory or of rows from the host."""

from __future__ import annotations

import atexit
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
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
    if "CUPY_CACHE_DIR" not in os.environ and importlib.util.find_spec("cupy") and not _has_a_home():
        os.environ["CUPY_CACHE_DIR"] = folder = tempfile.mkdtemp(prefix="gpu-im2rec-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    import cupy  # noqa: PLC0415 (takes a second, and may not be installed)

    return cupy


def _has_a_home() -> bool:
    """Whether CuPy can write to where it keeps what it compiles; the folder is made if it is not there."""
    try:
        folder = Path.home() / ".cupy" / "kernel_cache"
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # or nobody knows where home is
        return False
    return os.access(folder, os.W_OK | os.X_OK)


def free_pools(pool: Any, device: Any) -> None:
    """Give what ``pool``, one of CuPy's, and DALI's keep back to ``device``: they compete for the same memory."""
    dali: Any = sys.modules.get("nvidia.dali.backend")
    with device:
        pool.free_all_blocks()
        if dali:
            dali.ReleaseUnusedMemory()
