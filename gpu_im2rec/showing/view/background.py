"""Work that goes on while the page is looked at already."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from gpu_im2rec.errors import Im2recError


class Background:
    """Goes through ``steps`` in a thread of its own, from ``begin`` on; a daemon, so nobody waits for it."""

    def __init__(self, steps: Callable[[], Iterator[None]]) -> None:
        self._steps = steps
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopped = False
        self.done = False
        self.problem = ""  # why it ended early; empty where it did not

    def begin(self) -> None:
        """Start, unless it was started before."""
        with self._lock:
            if self._thread is None and not self._stopped:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        try:
            for _ in self._steps():
                if self._stopped:
                    return
        except (Im2recError, OSError, MemoryError) as error:
            self.problem = str(error) or type(error).__name__
        self.done = True

    def close(self) -> None:
        """Stop between two steps, and wait for that."""
        with self._lock:
            self._stopped = True
        if self._thread:
            self._thread.join()
