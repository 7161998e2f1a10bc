"""The folder that a list's paths are relative to, and nothing outside it."""

from __future__ import annotations

import errno
import os
import stat
from functools import lru_cache

from gpu_im2rec.errors import StorageError
from gpu_im2rec.transcode import Failure, Reason

MAX_FILE = 1 << 29  # bytes; a record cannot hold more, and no picture needs more

_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # opening a pipe must not hang
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)  # tells of a link at the cost of nothing; Windows must be asked
_NOT_THE_FILE = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
_IT_IS_A_LINK = (errno.ELOOP, errno.EMLINK)  # EMLINK: FreeBSD


class Root:
    """Reads files named in a list. Safe to use from several threads."""

    def __init__(self, folder: str | os.PathLike[str], *, allow_outside: bool = False, glue: bool = False) -> None:
        """``glue``: a path follows the root without a slash between them, as in the C++ im2rec; else with one."""
        self._folder = os.fspath(folder)
        self._glue = glue
        self._real = os.path.realpath(self._folder if os.path.isdir(self._folder) else os.path.dirname(self._folder))  # noqa: PTH112, PTH120
        self._allow_outside = allow_outside
        self._identity = _identity(self._real)
        self._folder_is_inside = lru_cache(maxsize=4096)(self._is_inside)

    def read(self, path: str) -> bytes | Failure:
        """The whole file, or why not. A name with blanks around it is tried without them too, as im2rec.py reads it.

        With ``glue``, what is not there is also looked for behind a slash. Raises StorageError where the folder itself
        has gone, or is another one than before: a disk that is no longer there is not a million missing pictures. Also
        where the system has no more files or memory to give.
        """
        content = self._read(path, self._folder + path if self._glue else os.path.join(self._folder, path))  # noqa: PTH118 (a Path costs ten times as much)
        if isinstance(content, Failure) and content.reason is Reason.MISSING:
            bare = path.strip()
            if bare != path or self._glue:
                found = self._read(bare, os.path.join(self._folder, bare))  # noqa: PTH118
                return content if isinstance(found, Failure) else found
        return content

    def _read(self, path: str, full: str) -> bytes | Failure:
        try:
            if self._allow_outside:
                return _read_file(full)
            return self._read_inside(path, full)
        except (FileNotFoundError, NotADirectoryError):
            self._check_folder()
            return Failure(Reason.MISSING, f"no such file: {full!r}")
        except ValueError as error:  # a NUL in the name
            return Failure(Reason.MISSING, f"not a file name: {error}")
        except OSError as error:
            if error.errno in _NOT_THE_FILE:
                raise StorageError(f"{full}: {error.strerror}, which is not the picture's fault") from error
            self._check_folder()
            return Failure(Reason.UNREADABLE, error.strerror or str(error))

    def _check_folder(self) -> None:
        if _identity(self._real) != self._identity:
            raise StorageError(f"{self._folder}: the folder of the pictures has gone; bring it back")

    def _read_inside(self, path: str, full: str) -> bytes | Failure:
        plain = not os.path.isabs(path) and ".." not in path  # noqa: PTH117
        if plain and self._folder_is_inside(os.path.dirname(full)) and (_NO_LINK or not os.path.islink(full)):  # noqa: PTH114, PTH120
            try:
                return _read_file(full, _NO_LINK)
            except OSError as error:
                if error.errno not in _IT_IS_A_LINK:
                    raise
        if self._is_inside(full):
            return _read_file(full)
        return outside_root()

    def _is_inside(self, full: str) -> bool:
        real = os.path.realpath(full)
        return real == self._real or real.startswith(os.path.join(self._real, ""))  # noqa: PTH118


def outside_root() -> Failure:
    """What becomes of a path that leaves the root."""
    return Failure(Reason.OUTSIDE_ROOT, "the path leaves the root; --allow-outside-root permits that")


def too_large(size: int) -> Failure:
    """What becomes of a file of ``size`` bytes, which are too many."""
    return Failure(Reason.TOO_LARGE, f"the file has {size:,} bytes; the limit is {MAX_FILE - 1:,}")


def _identity(folder: str) -> tuple[int, int] | None:
    try:
        status = os.stat(folder)  # noqa: PTH116
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _read_file(full: str, flags: int = 0) -> bytes | Failure:
    descriptor = os.open(full, _FLAGS | _NO_WAIT | flags)
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            return Failure(Reason.UNREADABLE, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(status.st_mode):
            return Failure(Reason.UNREADABLE, "not a regular file")
        if status.st_size >= MAX_FILE:
            return too_large(status.st_size)
        content = os.read(descriptor, status.st_size)
        while len(content) < status.st_size:  # network file systems may read less at a time
            more = os.read(descriptor, status.st_size - len(content))
            if not more:
                break
            content += more
        return content
    finally:
        os.close(descriptor)
