"""The files of a run whose output is remote: sent as they are made, and not there until all of them are whole."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from gpu_im2rec.packing.journal import Checkpoint
from gpu_im2rec.packing.options import PackOptions
from gpu_im2rec.packing.unfinished import (
    CRC,
    FAILURES,
    IDX,
    PAGE,
    PROPERTY,
    REC,
    REPORT,
    described,
    is_hashed,
    left_out,
    path_of,
    suffixes_of,
)  # fmt: skip
from gpu_im2rec.recordio.digest import Digest
from gpu_im2rec.storage import Upload, Url, remove


class Streamed:
    """The twin of ``Unfinished``, from which no other run can go on: of one that ends early nothing is left.

    A context manager. Raises OSError.
    """

    def __init__(self, out: Url, options: PackOptions, beat: Callable[[], object]) -> None:
        self.start = Checkpoint()
        self.reached: Callable[[], Checkpoint] | None = None
        self.is_published = False
        self._out = out
        self._options = options
        self.files: dict[str, Upload] = {}
        for suffix in suffixes_of(options):
            digest = Digest() if is_hashed(suffix, options) else None
            self.files[suffix] = Upload(path_of(out, suffix), digest=digest, beat=beat)

    def sizes(self) -> dict[str, int]:
        """Bytes of each file so far, by its suffix."""
        return {suffix: file.size for suffix, file in self.files.items()}

    def described(self) -> dict[str, Any]:
        """Name, size and hash of the records, their index and checksums, for the report of the run."""
        return described(self.files, self._options)

    def sync(self) -> None:
        """Wait until all but the last part of each file is sent. Raises OSError."""
        for file in self.files.values():
            file.sync()

    def is_due(self) -> bool:
        """There is nothing to save: False."""
        return False

    def save(self, checkpoint: Checkpoint) -> None:
        """Nothing is kept to go on with."""

    def publish(self, checkpoint: Checkpoint) -> None:
        """Complete all files. Raises OSError; then those that were completed before are there."""
        none = left_out(self.files, self._options)
        complete_all(self._out, {suffix: file for suffix, file in self.files.items() if suffix not in none})
        self.is_published = True

    def kept(self) -> str:
        """Nothing to go on with, but what could not be discarded, in words."""
        return "\n".join(file.left for file in self.files.values() if file.left)

    def discard(self) -> None:
        """Leave nothing but what is complete; from any thread."""
        for file in self.files.values():
            file.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.discard()


def complete_all(out: Url, files: dict[str, Upload]) -> None:
    """Send what is left of ``files``, by their suffixes, and let them appear: the records first, the report last.

    What an earlier run left beside the records goes before: they never stand beside the index of others. Raises
    OSError.
    """
    for file in files.values():
        file.finish()
    others = [PROPERTY] if PROPERTY in files else []
    none = [] if REC in files else [REC]
    for suffix in (REPORT, PAGE, FAILURES, CRC, *others, IDX, *none):
        remove(str(path_of(out, suffix)))
    for file in files.values():
        file.commit()
