"""The kernels in ``cuda/`` on a CUDA device, compiled by CuPy when they are first needed."""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from importlib.resources import files
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.gpu.arrays import free_pools, load_cupy
from gpu_im2rec.gpu.recorded import Recorded

COMPILE_OPTIONS = ("-std=c++17", "--fmad=false")  # floats are rounded after each operation, as on the host
ENCODE = ("common.cu", "encode_batch.cu", "encode_transform.cu", "encode_huffman.cu", "encode_stuff.cu")
DECODE = (
    "common.cu", "decode_batch.cu", "decode_tables.cu", "decode_unstuff.cu", "decode_huffman.cu", "decode_idct.cu",
    "decode_pixels.cu",
)  # fmt: skip
RESIZE = ("common.cu", "resize_batch.cu", "resize_linear.cu", "resize_antialias.cu")
EXACT = tuple(dict.fromkeys(DECODE + RESIZE + ENCODE))  # the whole way from file to file
_THREADS = 128  # a group


class Kernels(Protocol):
    """Where kernels run and their arrays live. The device has one; tests build the same text for the host."""

    arrays: Any  # a module with NumPy's functions: cupy, or numpy on the host

    def here(self) -> AbstractContextManager[None]:
        """While this is entered, ``arrays`` makes its arrays in this place, and all work is done in order."""
        ...

    def launch(self, name: str, threads: int, *arguments: Any) -> None:
        """Run the kernel ``name`` on ``threads`` threads.

        Ints are passed as 32 bits, NumPy's uint64 as 64, arrays as addresses.
        """
        ...

    def address(self, array: Any) -> int:
        """Where ``array`` begins in the device's memory."""
        ...

    def recorded(self, launches: Callable[[], None]) -> Callable[[], None]:
        """Does ``launches``, which do nothing but launch, always the same, in one go."""
        ...

    def upload(self, array: NDArray[Any], target: Any) -> None:
        """Start to bring ``array`` to the beginning of ``target``, an array of bytes on the device."""
        ...

    def staging(self, size: int) -> tuple[NDArray[np.uint8], Callable[[], Any]]:
        """``size`` bytes of the host to fill, and what then starts to bring them to the device: there they are."""
        ...

    def sent(self, *arrays: Any) -> Callable[[], list[np.ndarray]]:
        """Start to bring ``arrays`` to the host, behind all that was launched before; what is returned waits for it."""
        ...

    def free_memory(self) -> None:
        """Give memory that is kept for reuse back to the device."""
        ...


class CudaKernels:
    """Kernels on one CUDA device, in a stream and with a pool of memory of their own."""

    def __init__(self, names: Sequence[str], device_id: int) -> None:
        cupy = self.arrays = load_cupy()
        self._device = cupy.cuda.Device(device_id)
        self._pool = cupy.cuda.MemoryPool()
        with self._device:
            self._stream = cupy.cuda.Stream(non_blocking=True)
            self._module = cupy.RawModule(code=source(names), options=COMPILE_OPTIONS)
        self._functions: dict[str, Any] = {}
        self._in_flight: deque[tuple[Any, Any]] = deque()  # when it has arrived, and the page-locked memory
        weakref.finalize(self, _settle, self._device, self._stream, self._in_flight, self._pool)

    @contextmanager
    def here(self) -> Iterator[None]:
        """See ``Kernels``; what does not compile, CuPy's own kernels included, is a RuntimeError."""
        with self._device, self._stream, self.arrays.cuda.using_allocator(partial(_allocated, self._pool)):
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

    def address(self, array: Any) -> int:
        """See ``Kernels``."""
        return int(array.data.ptr)

    def recorded(self, launches: Callable[[], None]) -> Callable[[], None]:
        """See ``Kernels``."""
        return Recorded(launches, self._stream)

    def upload(self, array: NDArray[Any], target: Any) -> None:
        """See ``Kernels``."""
        staged, send = self._staging(array.nbytes)
        staged[:] = array.view(np.uint8)
        send(target)

    def staging(self, size: int) -> tuple[NDArray[np.uint8], Callable[[], Any]]:
        """See ``Kernels``."""
        staged, send = self._staging(size)
        return staged, lambda: send(self.arrays.empty(size, np.uint8))

    def _staging(self, size: int) -> tuple[NDArray[np.uint8], Callable[[Any], Any]]:
        """Page-locked memory of CuPy's pool, kept until the device has it; and what brings it to an array there."""
        self._let_go()
        memory = self.arrays.cuda.alloc_pinned_memory(size)

        def send(array: Any) -> Any:
            array.data.copy_from_host_async(memory.ptr, size)
            self._in_flight.append((self._event(), memory))
            return array

        return np.frombuffer(memory, np.uint8, size), send

    def sent(self, *arrays: Any) -> Callable[[], list[np.ndarray]]:
        """See ``Kernels``; to page-locked memory, which the device writes without the processor's help.

        It comes from CuPy's pool, and goes back there with the last reference to it, but not before it is written.
        """
        self._let_go()
        targets = [self._pinned(array) for array in arrays]
        for array, target in zip(arrays, targets, strict=True):
            array.get(out=target, blocking=False)
        arrived = self._event()
        self._in_flight.append((arrived, targets))

        def waited() -> list[np.ndarray]:
            arrived.synchronize()
            return targets

        return waited

    def _let_go(self) -> None:
        """Drop what has arrived."""
        while self._in_flight and self._in_flight[0][0].done:
            self._in_flight.popleft()

    def free(self) -> int:
        """Bytes of the device that nobody uses."""
        with self._device:
            return int(self.arrays.cuda.runtime.memGetInfo()[0])

    def limit(self, memory: int) -> None:
        """Take no more than ``memory`` bytes of the device; what finds no room raises MemoryError."""
        with self._device:
            self._pool.set_limit(size=max(1, memory))  # 0 would be no limit

    def _event(self) -> Any:
        """Done when all is done that was launched before."""
        event = self.arrays.cuda.Event(block=True, disable_timing=True)
        event.record()
        return event

    def _pinned(self, array: Any) -> np.ndarray:
        memory = self.arrays.cuda.alloc_pinned_memory(max(1, array.nbytes))
        target: np.ndarray = np.frombuffer(memory, array.dtype, array.size).reshape(array.shape)
        return target

    def free_memory(self) -> None:
        """See ``Kernels``."""
        free_pools(self._pool, self._device)


def _allocated(pool: Any, size: int) -> Any:
    """Memory of CuPy's ``pool``, which counts what it keeps for reuse against its limit, and gives nothing up there."""
    try:
        return pool.malloc(size)
    except MemoryError:
        pool.free_all_blocks()
        return pool.malloc(size)


def _settle(device: Any, stream: Any, in_flight: deque[tuple[Any, Any]], pool: Any) -> None:
    """When kernels are dropped: wait for what they still do, for their memory is others' after that."""
    with suppress(RuntimeError):  # a device that is lost
        with device:
            stream.synchronize()
        in_flight.clear()
        free_pools(pool, device)


def source(names: Sequence[str]) -> str:
    """The text of files in ``cuda/``, one behind the other."""
    folder = files(__package__).joinpath("cuda")
    return "\n".join(folder.joinpath(name).read_text(encoding="utf-8") for name in names)
