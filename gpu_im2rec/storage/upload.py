"""A remote file that is written as it comes, and bears its name only once it is complete."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, Protocol

from gpu_im2rec.errors import StorageError
from gpu_im2rec.storage.multipart import Multipart
from gpu_im2rec.storage.opening import store_of
from gpu_im2rec.storage.patience import Patience
from gpu_im2rec.storage.renamed import Renamed
from gpu_im2rec.storage.trouble import in_words
from gpu_im2rec.storage.url import Url

_TRIES_TO_ABORT = 3


class _Way(Protocol):
    """How a storage takes a file in parts."""

    parallel: int  # parts that may be sent at once

    def part_bytes(self, number: int) -> int: ...

    def send(self, number: int, content: bytes, patience: Patience, *, is_last: bool) -> None: ...

    def complete(self, patience: Patience) -> None: ...

    def abort(self, patience: Patience) -> None: ...


class _Digest(Protocol):
    def add(self, pieces: Sequence[Any]) -> None: ...

    def hex(self) -> str: ...


class Upload:
    """Takes bytes and sends them from threads of its own; ``write`` waits where these are behind.

    In memory are the parts that are on their way, four at most, and the one that fills: 40 MiB of a file of up to
    2 GiB, of a larger one up to 2.5 % of it. For one thread, but for ``discard``. All methods raise OSError, with the
    URL, where the storage refuses or is not reached, and StorageError where it would refuse everything. ``digest`` is
    given all bytes, ``beat`` is called when a part was sent.
    """

    def __init__(
        self, path: Url, *, digest: _Digest | None = None, beat: Callable[[], object] = lambda: None
    ) -> None:  # fmt: skip
        self.path = path
        self.size = 0
        self.sent = 0  # bytes of them that the storage has
        self.left = ""  # what could not be discarded, in words
        store = store_of(str(path))
        self._way: _Way = Multipart(store, str(path)) if store.s3_objects else Renamed(store, str(path))
        self._patience = Patience(None if store.retries else 1)
        self._digest = digest
        self._beat = beat
        self._pool = ThreadPoolExecutor(self._way.parallel, thread_name_prefix="upload")
        self._pending: set[Future[None]] = set()
        self._part = bytearray()
        self._number = 0
        self._is_finished = self._is_over = False
        self._ends, self._counts = threading.Lock(), threading.Lock()

    def write(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Write ``pieces`` back to back."""
        if self._digest:
            self._digest.add(pieces)
        for piece in pieces:
            self._part += piece
            self.size += len(piece)
        while len(self._part) > (size := self._way.part_bytes(self._number)):  # not at once: the last must be known
            with memoryview(self._part) as part:
                content = bytes(part[:size])
            del self._part[:size]
            self._send(content)

    def digest(self) -> str | None:
        """What the digest says of all bytes so far; None where there is none."""
        return self._digest.hex() if self._digest else None

    def sync(self) -> None:
        """Wait until all parts are sent, but the one that fills."""
        while self._pending:
            self._collect(wait(self._pending, timeout=0.5, return_when="FIRST_COMPLETED").done)

    def finish(self) -> None:
        """Send every byte; the file is not there yet. Once is enough."""
        if not self._is_finished:
            content, self._part = bytes(self._part), bytearray()
            self._send(content, is_last=True)
            self.sync()
            self._is_finished = True

    def commit(self) -> None:
        """The file appears under its name, and replaces another; after ``finish``."""
        self._way.complete(self._patience)
        self._is_over = True
        self._pool.shutdown()

    def discard(self) -> None:
        """Remove what was sent, unless it is committed. From any thread, also while another one writes.

        Raises nothing of the storage's, as there is other trouble already; ``left`` tells of this one.
        """
        with self._ends:
            if self._is_over:
                return
            self._is_over = True
        self._patience.stop()
        self._pool.shutdown(wait=True, cancel_futures=True)  # a part that is on its way would outlive its upload
        self._part = bytearray()
        try:
            self._way.abort(Patience(_TRIES_TO_ABORT))
        except (OSError, StorageError) as error:
            self.left = f"{self.path}: what was sent of it stays in the storage, unseen: {in_words(error)}"

    def _send(self, content: bytes, *, is_last: bool = False) -> None:
        while len(self._pending) >= self._way.parallel:
            self._collect(wait(self._pending, timeout=0.5, return_when="FIRST_COMPLETED").done)
        number = self._number
        self._number += 1
        self._pending.add(self._pool.submit(self._send_part, number, content, is_last=is_last))

    def _send_part(self, number: int, content: bytes, *, is_last: bool) -> None:
        self._way.send(number, content, self._patience, is_last=is_last)
        with self._counts:
            self.sent += len(content)

    def _collect(self, done: set[Future[None]]) -> None:
        self._pending -= done
        for one in done:
            one.result()
            self._beat()
