"""A limit of time that another thread enforces."""

from __future__ import annotations

import threading
from collections.abc import Callable

_TICKS = 20


class Watch:
    """Calls ``act`` when the block of a ``with`` takes longer than ``seconds``, to a twentieth; at most once.

    Time is counted in ticks of the watch's own thread: while the whole program is stopped, as by Ctrl-Z, none pass.
    """

    def __init__(self, seconds: float, act: Callable[[], object]) -> None:
        self.acted = False
        self._tick = seconds / _TICKS
        self._act = act
        self._lock = threading.Lock()
        self._ticks: int | None = None  # of the block under way
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    def __enter__(self) -> None:
        with self._lock:
            self._ticks = 0

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._ticks = None

    def end(self) -> None:
        """Watch no more."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(self._tick):
            with self._lock:
                if self._ticks is None:
                    continue
                self._ticks += 1
                if self._ticks > _TICKS:
                    self.acted = True
                    self._act()
                    return
