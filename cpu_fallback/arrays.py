"""Large arrays that are used again: a fresh one costs a page fault, and so zeros, every few kilobytes."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

_REFERENCES = 3  # to memory that nobody uses: by the list, the loop below and getrefcount's argument


class Arrays:
    """Lends arrays; takes their memory back when nothing refers to it any more, neither the array nor a view of it.

    For one thread. Memory of another size than was asked last is let go.
    """

    def __init__(self, dtype: str) -> None:
        self._dtype = np.dtype(dtype)
        self._lent: list[NDArray[Any]] = []

    def empty(self, shape: tuple[int, ...]) -> NDArray[Any]:
        """An array of ``shape`` with whatever is in it."""
        size = math.prod(shape)
        for memory in self._lent:
            if memory.size == size and sys.getrefcount(memory) == _REFERENCES:
                return memory.reshape(shape)
        self._lent = [memory for memory in self._lent if sys.getrefcount(memory) > _REFERENCES]
        self._lent.append(np.empty(size, self._dtype))
        return self._lent[-1].reshape(shape)
