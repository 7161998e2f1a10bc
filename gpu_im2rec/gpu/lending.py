"""DALI's memory in a user's hands, as an array: nobody else writes there before all work on it is done."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from typing import Any

from gpu_im2rec.gpu.arrays import Arrays


class Lender:
    """Lends DALI's batches as arrays of ``arrays``, without a copy.

    DALI leaves a batch to whoever refers to it; afterwards it may write the next one there at once, in a stream of its
    own. But work that a user has queued may still read it then. So what comes back is kept until that is done.
    """

    def __init__(self, arrays: Arrays) -> None:
        self._arrays = arrays
        self._returned: deque[tuple[Callable[[], bool], Any]] = deque()  # what is done, and the batch

    def lend(self, batch: Any) -> Any:
        """An array over ``batch``, a Tensor of DALI; it and every view of it refer to the batch."""
        while self._returned and self._returned[0][0]():
            self._returned.popleft()
        return self._arrays.view(_Loan(batch, self._take_back))

    def _take_back(self, batch: Any) -> None:
        """In whatever thread the last reference was let go."""
        self._returned.append((self._arrays.mark(), batch))


class _Loan:
    """What an array over DALI's memory refers to."""

    def __init__(self, batch: Any, take_back: Callable[[Any], None]) -> None:
        self._batch, self._take_back = batch, take_back

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        interface: dict[str, Any] = self._batch.__cuda_array_interface__
        return interface

    @property
    def __array_interface__(self) -> dict[str, Any]:
        interface: dict[str, Any] = self._batch.__array_interface__
        return interface

    def __del__(self) -> None:
        if not sys.is_finalizing():
            self._take_back(self._batch)
