"""Giving finished files their names, so that at no instant one of them stands beside a stranger."""

from __future__ import annotations

import errno
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

from gpu_im2rec.recordio.naming import beside
from gpu_im2rec.recordio.part_file import PartFile


class Unfinished(Protocol):
    """What is called ``part`` until it is complete: a file or a folder."""

    path: Path
    part: Path

    def finish(self) -> None:
        """Bring every byte to the disk."""


@contextmanager
def publishing(path: Path, *, overwrite: bool) -> Iterator[PartFile]:
    """A ``PartFile`` that is finished and published when the ``with`` ends well, and gone when it does not."""
    file = PartFile(path, overwrite=overwrite)
    try:
        yield file
        publish_all([file])
    finally:
        file.discard()


def publish_all(files: Sequence[Unfinished], *, gone: Sequence[Path] = ()) -> None:
    """Bring ``files`` to the disk, then give them their names, in this order; ``gone`` are removed.

    The old versions of all but the first, and ``gone``, leave their names before the first new one appears; they come
    back where that fails. Ctrl-C waits meanwhile. Raises OSError, and OutputExistsError like ``PartFile.finish``.
    """
    for file in files:
        file.finish()
    first, *others = files
    with _uninterrupted():
        aside = _Aside([*(file.path for file in others), *gone])
        try:
            aside.take()
            first.part.replace(first.path)
        except OSError:
            aside.put_back()
            raise
        sync_directory(first.path.parent)
        for file in others:
            file.part.replace(file.path)
        for folder in dict.fromkeys(file.path.parent for file in others):
            sync_directory(folder)
        aside.remove()


def checksums_of_replaced(rec: Path, *, overwrite: bool = False) -> list[Path]:
    """``rec.crc``, if it is there and of a file at ``rec`` that will be replaced; with ``overwrite``, also of none."""
    crc = beside(rec, ".crc")
    is_theirs = (overwrite or rec.is_file()) and crc.is_file() and not crc.is_symlink()
    return [crc] if is_theirs or aside_of(crc).exists() else []


def aside_of(path: Path) -> Path:
    """What the old version of ``path`` is called while a new one takes its place."""
    return path.with_name(f"{path.name}.part.old")


class _Aside:
    """Files that gave up their names, and may have them back."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._asides = {path: aside_of(path) for path in paths}
        self._taken: list[Path] = []

    def take(self) -> None:
        """Those that are there; a power cut will not bring them back."""
        for path, aside in self._asides.items():
            with suppress(FileNotFoundError):
                path.replace(aside)
                self._taken.append(path)
        for folder in dict.fromkeys(path.parent for path in self._taken):
            sync_directory(folder)

    def put_back(self) -> None:
        for path in self._taken:
            self._asides[path].replace(path)

    def remove(self) -> None:
        """Also those of a run that did not come so far; what tells of others after them."""
        for aside in reversed(self._asides.values()):
            aside.unlink(missing_ok=True)


def sync_directory(directory: Path) -> None:
    """Make changes of names in ``directory`` outlast a power cut, where the system opens and syncs directories."""
    try:
        descriptor = os.open(directory, os.O_RDONLY)
    except PermissionError:  # always so on Windows
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EBADF, errno.EINVAL):
            raise
    finally:
        os.close(descriptor)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let Ctrl-C, and what else raises in the main thread, wait for the end of the ``with``."""
    held: list[tuple[int, FrameType | None]] = []
    handlers: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
        handlers = {number: signal.getsignal(number) for number in numbers if callable(signal.getsignal(number))}
    for number in handlers:
        signal.signal(number, lambda *call: held.append(call))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number, frame in held[:1]:
            handlers[number](number, frame)
