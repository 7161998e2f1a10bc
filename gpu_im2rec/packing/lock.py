"""A file that one process holds at a time. The lock goes with the process, however it ends."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path

from gpu_im2rec.errors import OutputBusyError

_HELD = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)


def opened_and_locked(path: Path) -> io.FileIO:
    """The file at ``path``, made where it is not there, until it is closed. Raises OutputBusyError where it is held.

    File systems without locks let it pass.
    """
    while True:
        raw = io.FileIO(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666), "r+")
        try:
            _lock(raw.fileno())
            if os.path.samestat(os.fstat(raw.fileno()), path.stat()):  # and not one that its run has just removed
                return raw
        except FileNotFoundError:
            pass
        except OSError as error:
            raw.close()
            if error.errno in _HELD:
                raise OutputBusyError(f"{path}: another run is writing this output; wait for it, or stop it") from None
            raise
        raw.close()


def _lock(descriptor: int) -> None:
    if os.name == "nt":
        import msvcrt  # noqa: PLC0415

        os.lseek(descriptor, 1 << 30, os.SEEK_SET)  # far from what others may want to read
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        return
    import fcntl  # noqa: PLC0415

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):
            raise
