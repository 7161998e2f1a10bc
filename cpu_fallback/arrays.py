"""Large arrays that are used again: a fresh one costs a page fault, and so zeros, every few kilobytes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

_IDLE = 4  # arrays that are kept for later: who held many batches at once may never do so again


class Arrays:
    """Lends arrays; takes their memory back when nothing refers to it any more, neither the array nor a view of it.

    For one thread; the last reference may go in any. Memory of another size than was asked last is let go.
    """

    def __init__(self, dtype: str) -> None:
        self._dtype = np.dtype(dtype)
        self._idle: list[NDArray[Any]] = []

    def empty(self, shape: tuple[int, ...]) -> NDArray[Any]:
        """An array of ``shape`` with whatever is in it."""
        size = math.prod(shape)
        while self._idle:
            memory = self._idle.pop()
            if memory.size == size:
                break
        else:
            memory = np.empty(size, self._dtype)
        return np.asarray(_Loan(memory, self._idle)).reshape(shape)


class _Loan:
    """What every array on ``memory`` has as its base: so it dies with the last of them, and gives the memory back.

    To count references would be shorter, but how many there are is the interpreter's affair and changes with it.
    """

    def __init__(self, memory: NDArray[Any], idle: list[NDArray[Any]]) -> None:
        self.__array_interface__ = memory.__array_interface__
        self._memory, self._idle = memory, idle

    def __del__(self) -> None:
        if len(self._idle) < _IDLE:
            self._idle.append(self._memory)
