"""A folder that bears its name only once it is complete."""

import ctypes
import io
import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from gpu_im2rec.errors import OutputExistsError


class PartFolder:
    """``PATH.part`` while it is filled, ``PATH`` after ``publish_all``.

    Raises OutputExistsError where ``PATH.part`` is there already, or ``PATH`` and no empty folder. Every OSError names
    its file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.part = path.with_name(f"{path.name}.part")
        if os.path.lexists(path) and not _may_be_replaced(path):
            raise OutputExistsError(f"{path} is there already, and no empty folder; choose another name")
        try:
            self.part.mkdir()
        except FileExistsError:
            raise OutputExistsError(
                f"{self.part} is there already: another run is filling it, or was killed; if none is running, remove it"
            ) from None
        self._identity = self.part.stat()

    def write(self, folder: str, name: str, data: bytes) -> None:
        """A new file in ``folder``, which is made where it is missing. FileExistsError where the file is there."""
        path = f"{self.part}/{folder}/{name}"  # a Path costs half as much as the file
        try:
            file = io.FileIO(path, "x")
        except FileNotFoundError:
            (self.part / folder).mkdir()
            file = io.FileIO(path, "x")
        try:
            with file:
                left = memoryview(data)
                while left:
                    left = left[file.write(left) :]
        except OSError as error:
            raise OSError(error.errno, error.strerror, path) from error

    def finish(self) -> None:
        """Bring every byte to the disk, and an empty folder out of the way, which Windows would not replace."""
        _sync_file_system(self.part)
        with suppress(FileNotFoundError):
            self.path.rmdir()

    def discard(self) -> None:
        """Remove the folder and all that is in it, unless it is published. Ctrl-C meanwhile says what is left."""
        if not self._is_at(self.part):  # others may have moved it, too
            return
        try:
            shutil.rmtree(self.part)
        except KeyboardInterrupt as error:
            error.args = (f"{self.part} is left; remove it",)
            raise

    def is_published(self) -> bool:
        """Whether the folder bears its name."""
        return self._is_at(self.path)

    def _is_at(self, path: Path) -> bool:
        try:
            return os.path.samestat(self._identity, path.stat())
        except FileNotFoundError:
            return False


def _may_be_replaced(path: Path) -> bool:
    """Whether ``path`` is an empty folder, and not the root of a disk or a link."""
    if path.is_symlink() or not path.is_dir() or path.is_mount():
        return False
    with os.scandir(path) as entries:
        return not any(entries)


def _sync_file_system(folder: Path) -> None:
    """One call for all files; one a file would take ten times as long as writing them. Windows has none."""
    if sys.platform != "linux":
        getattr(os, "sync", lambda: None)()
        return
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        if libc.syncfs(descriptor):  # not os.sync, which would wait for disks and servers that are not ours
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(descriptor)
