"""Launches that are the same every time, as one CUDA graph: one call in place of many, and no gaps between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Recorded:
    """``launches``, which launch kernels and do nothing else, always with the same arguments.

    The first call runs them as they are, for what is loaded late must be there before anything is recorded; the second
    one records them. Where that fails, as it may if another thread of the program waits for the whole device meanwhile
    (which fails there, too), they are run as they are ever after. To be called where ``stream`` is the current one.
    """

    def __init__(self, launches: Callable[[], None], stream: Any) -> None:
        self._launches, self._stream = launches, stream
        self._loaded, self._may_record = False, True
        self._graph: Any = None

    def __call__(self) -> None:
        """Do it once more."""
        if not (self._loaded and self._may_record and self._done_by_graph()):
            self._launches()
            self._loaded = True

    def _done_by_graph(self) -> bool:
        try:
            if self._graph is None:
                self._graph = self._recorded()
            self._graph.launch(self._stream)
        except RuntimeError:
            self._graph, self._may_record = None, False
            return False
        return True

    def _recorded(self) -> Any:
        self._stream.begin_capture()
        try:
            self._launches()
        finally:
            graph = self._stream.end_capture()
        return graph
