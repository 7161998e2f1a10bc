"""A file that bears its name only once it is complete."""

import errno
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from gpu_im2rec.errors import OutputExistsError, RecordError
from gpu_im2rec.recordio.digest import Digest

_BUFFER_BYTES = 1 << 20  # one call of the system a megabyte: faster than writev or join per record, and portable
_COPY_BYTES = 16 << 20
_CANNOT_COPY = (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, errno.EBADF)


def target_of(path: Path) -> Path:
    """The file that is written for ``path``: a link is followed."""
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def part_of(path: Path) -> Path:
    """What the file for ``path`` is called while it is written."""
    target = target_of(path)
    return target.with_name(f"{target.name}.part")


class PartFile:
    """``PATH.part`` while it is written, ``PATH`` after ``finish`` and ``publish_all``. A link is followed.

    Raises OutputExistsError where either is there already; ``overwrite`` discards a part file at once and replaces the
    file itself on publishing. ``at`` goes on with a part file that is there, cut to so many bytes; RecordError where it
    has fewer. Every OSError names the part file. ``hashed``: the file's hash is computed meanwhile.
    """

    def __init__(self, path: Path, *, overwrite: bool, at: int | None = None, hashed: bool = False) -> None:
        self.path = target_of(path)
        self.part = part_of(path)
        if self.path.exists() and not (overwrite and self.path.is_file()):
            raise OutputExistsError(f"{self.path} is there already; choose another name, or overwrite it (--overwrite)")
        if at is None:
            self._raw = self._created(overwrite)
        else:
            self._raw = self._reopened(at)
        self._file = io.BufferedWriter(self._raw, _BUFFER_BYTES)
        self._identity = os.fstat(self._raw.fileno())
        self._digest = Digest() if hashed else None
        if self._digest and at:
            self._digest.add_file(self.part)

    def _created(self, overwrite: bool) -> io.FileIO:
        if overwrite:
            self.part.unlink(missing_ok=True)
        try:
            return io.FileIO(self.part, "x")
        except FileExistsError:
            raise OutputExistsError(
                f"{self.part} is there already: another run is writing it, or was killed; "
                "if none is running, remove it or overwrite it"
            ) from None

    def _reopened(self, at: int) -> io.FileIO:
        try:
            raw = io.FileIO(self.part, "r+")
        except FileNotFoundError:
            raise RecordError(
                f"{self.part} is gone, with {at:,} bytes that were written; start anew with --overwrite"
            ) from None
        try:
            if (size := raw.seek(0, os.SEEK_END)) < at:
                raise RecordError(
                    f"{self.part} has {size:,} bytes, of the {at:,} that were written; start anew with --overwrite"
                )
            raw.truncate(at)
            raw.seek(at)
        except OSError as error:
            raw.close()
            raise self._named(error) from error
        except RecordError:
            raw.close()
            raise
        return raw

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self._file.tell()

    def write(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Write ``pieces`` back to back."""
        try:
            self._file.writelines(pieces)
        except OSError as error:
            raise self._named(error) from error
        if self._digest:
            self._digest.add(pieces)

    def digest(self) -> str | None:
        """The XXH3 of all that was written, see ``digest.py``; None where the file is not hashed."""
        return self._digest.hex() if self._digest else None

    def copy(self, source: Path, progress: Callable[[], object], *, start: int = 0, stop: int | None = None) -> None:
        """Write bytes ``start`` … ``stop`` - 1 of the file ``source``, to its end where None, behind all else.

        ``progress`` is called now and then. Raises RecordError where the file has fewer bytes.
        """
        self.flush()
        before = self.size
        with source.open("rb", buffering=0) as file:
            left = sys.maxsize if stop is None else stop - start
            try:
                file.seek(start)
                while left and (copied := _copy_some(file, self._raw, min(left, _COPY_BYTES))):
                    left -= copied
                    progress()
                self._file.seek(0, os.SEEK_END)
                if self._digest:
                    self._digest.add_file(self.part, before)
            except OSError as error:
                raise self._named(error) from error
        if left and stop is not None:
            raise RecordError(f"{source} has become shorter by {left:,} bytes while it was read")

    def flush(self) -> None:
        """Hand every byte to the system."""
        try:
            self._file.flush()
        except OSError as error:
            raise self._named(error) from error

    def sync(self) -> None:
        """Bring what was flushed to the disk; from any thread."""
        try:
            os.fsync(self._raw.fileno())
        except OSError as error:
            raise self._named(error) from error

    def finish(self) -> None:
        """Bring every byte to the disk and close the file, which keeps its unfinished name; once is enough."""
        if self._file.closed:
            return
        self.flush()
        self.sync()
        try:
            self._file.close()
        except OSError as error:
            raise self._named(error) from error
        if not self.is_ours():
            raise OutputExistsError(f"{self.part} was taken over by another run; this one publishes nothing")

    def keep(self) -> None:
        """Close the file, which keeps its unfinished name, and drop what was not flushed."""
        try:
            self._raw.close()  # and not the buffer, which would try again to write what the disk has refused
        except OSError as error:
            raise self._named(error) from error

    def discard(self) -> None:
        """Remove the file unless it is published."""
        try:
            self.keep()
        finally:
            if self.is_ours():
                self.part.unlink()

    def is_ours(self) -> bool:
        """False once the part file is published, or was removed or replaced by another run."""
        try:
            return os.path.samestat(self._identity, self.part.stat())
        except FileNotFoundError:
            return False

    def _named(self, error: OSError) -> OSError:
        return OSError(error.errno, error.strerror, str(self.part))


def _copy_some(source: io.FileIO, target: io.FileIO, most: int) -> int:
    """Some bytes from where both stand → how many, 0 at the end. File systems that can share bytes do not copy them."""
    if hasattr(os, "copy_file_range"):  # Linux
        try:
            return os.copy_file_range(source.fileno(), target.fileno(), most)
        except OSError as error:
            if error.errno not in _CANNOT_COPY:
                raise
    block = source.read(most) or b""
    written = 0
    while written < len(block):
        written += target.write(memoryview(block)[written:])
    return written
