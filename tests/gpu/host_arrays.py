"""NumPy in CuPy's place: the loader on DALI's CPU graph, with all of its code but ``CudaArrays``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


class HostArrays:
    """Implements ``Arrays``. Work is done at once, unless ``busy`` says that there is still some queued."""

    def __init__(self) -> None:
        self.busy = False
        self.freed = 0

    def view(self, memory: Any) -> Any:
        return np.asarray(memory)

    def uploaded(self, rows: np.ndarray) -> Any:
        return rows.copy()

    def put(self, row: np.ndarray, data: Any, place: int) -> None:
        data[place] = row

    def mark(self) -> Callable[[], bool]:
        return lambda: not self.busy

    def free_memory(self) -> None:
        self.freed += 1
