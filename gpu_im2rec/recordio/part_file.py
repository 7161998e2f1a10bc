"""A file that bears its name only once it is complete."""

import errno
import io
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gpu_im2rec.errors import OutputExistsError

_BUFFER_BYTES = 1 << 20  # one call of the system a megabyte: faster than writev or join per record, and portable


class PartFile:
    """``PATH.part`` while it is written, ``PATH`` after ``finish`` and ``publish``. A link is followed.

    Raises OutputExistsError where either is there already; ``overwrite`` discards a part file at once and replaces the
    file itself on publishing. Every OSError names the part file.
    """

    def __init__(self, path: Path, *, overwrite: bool) -> None:
        path = Path(os.path.realpath(path)) if path.is_symlink() else path
        self.path = path
        self.part = path.with_name(path.name + ".part")
        if path.exists() and not (overwrite and path.is_file()):
            raise OutputExistsError(f"{path} is there already; choose another name, or overwrite it (--overwrite)")
        if overwrite:
            self.part.unlink(missing_ok=True)
        try:
            self._raw = io.FileIO(self.part, "x")
        except FileExistsError:
            raise OutputExistsError(
                f"{self.part} is there already: another run is writing it, or was killed; "
                "if none is running, remove it or overwrite it"
            ) from None
        self._file = io.BufferedWriter(self._raw, _BUFFER_BYTES)
        self._identity = os.fstat(self._raw.fileno())

    def write(self, pieces: Iterable[bytes | memoryview]) -> None:
        """Write ``pieces`` back to back."""
        try:
            self._file.writelines(pieces)
        except OSError as error:
            raise self._named(error) from error

    def finish(self) -> None:
        """Bring every byte to the disk and close the file, which keeps its unfinished name; once is enough."""
        if self._file.closed:
            return
        try:
            self._file.flush()
            os.fsync(self._raw.fileno())
            self._file.close()
        except OSError as error:
            raise self._named(error) from error
        if not self._is_ours():
            raise OutputExistsError(f"{self.part} was taken over by another run; this one publishes nothing")

    def publish(self) -> None:
        """Give the finished file its name."""
        self.part.replace(self.path)
        sync_directory(self.path.parent)

    def discard(self) -> None:
        """Remove the file unless it is published."""
        try:
            self._raw.close()  # and not the buffer, which would try again to write what the disk has refused
        except OSError as error:
            raise self._named(error) from error
        finally:
            if self._is_ours():
                self.part.unlink()

    def _is_ours(self) -> bool:
        """False once the part file is published, or was removed or replaced by another run."""
        try:
            return os.path.samestat(self._identity, self.part.stat())
        except FileNotFoundError:
            return False

    def _named(self, error: OSError) -> OSError:
        return OSError(error.errno, error.strerror, str(self.part))


@contextmanager
def publishing(path: Path, *, overwrite: bool) -> Iterator[PartFile]:
    """A ``PartFile`` that is finished and published when the ``with`` ends well, and gone when it does not."""
    file = PartFile(path, overwrite=overwrite)
    try:
        yield file
        file.finish()
        file.publish()
    finally:
        file.discard()


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
