"""Making a run's progress durable while it goes on."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from gpu_im2rec.packing.journal import Checkpoint, Journal
from gpu_im2rec.recordio.part_file import PartFile
from gpu_im2rec.recordio.publishing import sync_directory

_MOST_UNSAVED = 1 << 30  # bytes: a slow disk must not fall behind without bound


class Saver:
    """Brings ``files`` to the disk in a thread of its own, every so many ``seconds``, and notes it in ``journal``."""

    def __init__(self, journal: Journal, files: Sequence[PartFile], seconds: float) -> None:
        self._journal = journal
        self._files = files
        self._seconds = seconds
        self._due = time.monotonic() + seconds
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="save")
        self._underway: Future[None] | None = None
        self._saved_size = files[0].size
        self._names_are_durable = False

    @property
    def has_begun(self) -> bool:
        """Whether there was a first checkpoint, at least begun."""
        return self._underway is not None

    def is_due(self) -> bool:
        """Whether it is time for a checkpoint. Raises OSError where the last one failed.

        Waits for the last one where more than a gigabyte was written since: a slow disk does not fall behind for ever.
        """
        if time.monotonic() < self._due:
            return False
        if self._underway and not self._underway.done() and self._files[0].size - self._saved_size < _MOST_UNSAVED:
            return False
        self._finish()
        return True

    def save(self, checkpoint: Checkpoint) -> None:
        """Make what was written so far durable, and then that ``checkpoint``. Raises OSError, also of the last one."""
        self._finish()
        for file in self._files:
            file.flush()
        self._saved_size = self._files[0].size
        self._due = time.monotonic() + self._seconds
        self._underway = self._thread.submit(self._save, checkpoint)

    def close(self) -> None:
        """Wait for what is under way. Raises OSError where it fails."""
        self._thread.shutdown()
        self._finish()

    def _finish(self) -> None:
        if self._underway:
            self._underway.result()  # again and again where it failed: what a disk has lost once stays lost

    def _save(self, checkpoint: Checkpoint) -> None:
        for file in self._files:
            file.sync()
        if not self._names_are_durable:
            for folder in {self._journal.path.parent, *(file.part.parent for file in self._files)}:
                sync_directory(folder)
            self._names_are_durable = True
        self._journal.add(checkpoint)
