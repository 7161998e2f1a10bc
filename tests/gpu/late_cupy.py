"""CuPy's arrays, pools, streams and graphs on the host. The device works as late as it may: when it is waited for.

Memory that is lent to others too early shows as wrong bytes, or ends the process. As in CuPy 14 each stream has device
memory of its own to lend again, all of a process share what is page-locked, and both are lent again at once, whatever
is still queued. While one stream is waited for the others go on, forgotten ones as well; giving memory back waits for
nothing.
"""

from __future__ import annotations

import ctypes
import threading
import weakref
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np

_ALIGNMENT = 512  # bytes
_THREADS = 128
_now = threading.local()  # the streams that this thread has entered

Work = Callable[[], object]


class Stream:
    """Work that waits for its turn."""

    def __init__(self, streams: list[Stream]) -> None:
        self._queue: deque[Work] = deque()
        self._streams = streams  # all there are
        streams.append(self)
        self._recording: list[Work] | None = None
        self.queued = self.done = 0

    def __enter__(self) -> Stream:
        _now.streams = [*getattr(_now, "streams", []), self]
        return self

    def __exit__(self, *_: object) -> None:
        _now.streams = _now.streams[:-1]

    def push(self, work: Work, may_be_recorded: bool = False) -> None:
        if self._recording is None:
            self._queue.append(work)
            self.queued += 1
        elif may_be_recorded:
            self._recording.append(work)
        else:
            raise RuntimeError("cudaErrorStreamCaptureUnsupported")

    def advance(self, until: int) -> None:
        while self.done < until:
            self.step()
            for stream in self._streams:
                if stream is not self:
                    stream.step()

    def step(self) -> None:
        if self._queue:
            self._queue.popleft()()
            self.done += 1

    def synchronize(self) -> None:
        self.advance(self.queued)

    def begin_capture(self) -> None:
        self._recording = []

    def end_capture(self) -> Any:
        work, self._recording = self._recording or [], None
        return SimpleNamespace(launch=lambda stream: [stream.push(one) for one in work])


def _current() -> Stream:
    return _now.streams[-1]  # nothing of ours is done in the default stream


class _Event:
    def __init__(self, **_: object) -> None:
        pass

    def record(self) -> None:
        self._stream = _current()
        self._at = self._stream.queued

    @property
    def done(self) -> bool:
        return self._stream.done >= self._at

    def synchronize(self) -> None:
        self._stream.advance(self._at)


class _Pointer:
    def __init__(self, address: int) -> None:
        self.ptr = address

    def copy_from_host_async(self, host: int, size: int) -> None:
        _current().push(lambda: ctypes.memmove(self.ptr, host, size))


class _Array:
    """One dimension is enough."""

    def __init__(self, memory: Any, address: int, size: int, dtype: Any) -> None:
        self.dtype, self.size, self.shape = np.dtype(dtype), size, (size,)
        self.nbytes = size * self.dtype.itemsize
        self.data = _Pointer(address)
        self._memory = memory

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, part: slice) -> _Array:
        start, stop, _ = part.indices(self.size)
        return _Array(self._memory, self.data.ptr + start * self.dtype.itemsize, stop - start, self.dtype)

    def fill(self, value: int) -> None:
        _current().push(lambda address=self.data.ptr, size=self.nbytes: ctypes.memset(address, value, size))

    def get(self, out: np.ndarray, blocking: bool) -> None:
        assert not blocking
        source, target, size = self.data.ptr, out.ctypes.data, self.nbytes  # and no reference, as in CuPy
        _current().push(lambda: ctypes.memmove(target, source, size))

    def seen(self) -> np.ndarray:
        """Its memory, for work that is done later."""
        return np.frombuffer((ctypes.c_uint8 * self.nbytes).from_address(self.data.ptr), self.dtype)


class _Block:
    """Memory that goes back to where it came from."""

    def __init__(self, free: list[np.ndarray], size: int, garbage: int) -> None:
        raw = free.pop() if free else np.full(size + _ALIGNMENT, garbage, np.uint8)
        self.address = raw.ctypes.data + -raw.ctypes.data % _ALIGNMENT
        weakref.finalize(self, free.append, raw)


class LateCupy:
    """In the module's place. ``kernels`` is the library that has the kernels; ``memory`` is the device's, in bytes."""

    def __init__(self, kernels: Any, memory: int = 1 << 40) -> None:
        self._kernels, self.memory = kernels, memory
        self._page_locked: dict[int, list[np.ndarray]] = defaultdict(list)  # by size
        self._streams: list[Stream] = []
        self.given_back: list[Any] = []  # kept, lest this process breaks down where the device's work goes astray
        self.taken = self.most_taken = 0  # bytes of the device that pools have
        self._watched: list[tuple[_Event, Any]] = []
        self.graphs_fail = False
        compiler = SimpleNamespace(CompileException=type("CompileException", (Exception,), {}))
        self.cuda = SimpleNamespace(
            Device=_Device, Stream=self._stream, Event=_Event, alloc_pinned_memory=self._pinned, compiler=compiler,
            runtime=SimpleNamespace(memGetInfo=lambda: (self.memory - self.taken, self.memory)),
            using_allocator=_using_allocator, MemoryPool=lambda: _Pool(self),
        )  # fmt: skip

    def _stream(self, non_blocking: bool) -> Stream:
        assert non_blocking, "the default stream is others'"
        stream = Stream(self._streams)
        if self.graphs_fail:
            stream.begin_capture = _fail  # type: ignore[method-assign]
        return stream

    def empty(self, size: int, dtype: Any) -> _Array:
        block = _now.allocator(size * np.dtype(dtype).itemsize)  # always a pool of ours
        return _Array(block, block.address, size, dtype)

    def take(self, size: int) -> None:
        """Raises MemoryError where the device has no more."""
        if self.taken + size > self.memory:
            raise MemoryError("cudaErrorMemoryAllocation")
        self.taken += size
        self.most_taken = max(self.most_taken, self.taken)

    def zeros(self, size: int, dtype: Any) -> _Array:
        array = self.empty(size, dtype)
        array.fill(0)
        return array

    def asarray(self, array: np.ndarray) -> _Array:
        flat = array.ravel()
        there, here = self.empty(flat.size, flat.dtype), self._pinned(flat.nbytes)
        np.frombuffer(here, flat.dtype, flat.size)[:] = flat
        there.data.copy_from_host_async(here.ptr, flat.nbytes)
        event = _Event()
        event.record()
        self._watched = [(sent, memory) for sent, memory in self._watched if not sent.done] + [(event, here)]
        return there

    def cumsum(self, array: _Array, dtype: Any) -> _Array:
        out = self.empty(array.size, dtype)
        values, sums = array.seen(), out.seen()
        _current().push(lambda: np.cumsum(values, dtype=dtype, out=sums))
        return out

    def RawModule(self, **_: object) -> Any:
        return SimpleNamespace(get_function=self._function)

    def _function(self, name: str) -> Callable[..., None]:
        function = self._kernels[f"run_{name}"]
        kinds = {np.uint64: ctypes.c_uint64, np.int32: ctypes.c_int}

        def launch(grid: tuple[int], group: tuple[int], arguments: tuple[Any, ...]) -> None:
            assert grid[0] > 0
            assert group == (_THREADS,)
            passed = [
                ctypes.c_void_p(one.data.ptr) if isinstance(one, _Array) else kinds[type(one)](int(one))
                for one in arguments
            ]
            _current().push(lambda: function(ctypes.c_int(grid[0] * _THREADS), *passed), may_be_recorded=True)

        return launch

    def _pinned(self, size: int) -> Any:
        room = 1 << max(9, (size - 1).bit_length())
        block = _Block(self._page_locked[room], room, 0xEE)
        memory = (ctypes.c_uint8 * room).from_address(block.address)
        memory.block, memory.ptr = block, block.address
        return memory


class _Pool:
    """Counts what it keeps against its limit, and gives it up only where the device has no more, as CuPy's does."""

    def __init__(self, cupy: LateCupy) -> None:
        self._cupy = cupy
        self._free: dict[tuple[int, int], list[np.ndarray]] = defaultdict(list)  # by stream and size
        self._taken, self._limit = 0, 1 << 60

    def set_limit(self, size: int) -> None:
        self._limit = size

    def malloc(self, size: int) -> _Block:
        room = -(-max(1, size) // _ALIGNMENT) * _ALIGNMENT
        free = self._free[id(_current()), room]
        if not free:
            if self._taken + room > self._limit:
                raise MemoryError("beyond the limit")
            try:
                self._cupy.take(room)
            except MemoryError:
                self.free_all_blocks()
                self._cupy.take(room)
            self._taken += room
        return _Block(free, room, 0xCC)

    def free_all_blocks(self) -> None:
        for (_, room), blocks in self._free.items():
            self._cupy.given_back += blocks
            self._cupy.taken -= room * len(blocks)
            self._taken -= room * len(blocks)
            blocks.clear()


@contextmanager
def _using_allocator(allocator: Callable[[int], _Block]) -> Iterator[None]:
    before, _now.allocator = getattr(_now, "allocator", None), allocator
    try:
        yield
    finally:
        _now.allocator = before


class _Device:
    def __init__(self, number: int) -> None:
        pass

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


def _fail() -> None:
    raise RuntimeError("cudaErrorStreamCaptureUnsupported")
