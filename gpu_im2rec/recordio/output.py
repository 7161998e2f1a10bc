"""What records, indices and checksums are written to: a file of this machine or of another."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Protocol


class Output(Protocol):
    """Takes bytes, and bears its name once all are there."""

    @property
    def path(self) -> PurePath:
        """The name."""
        ...

    @property
    def size(self) -> int:
        """Bytes written so far."""
        ...

    def write(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Write ``pieces`` back to back. Raises OSError."""
        ...

    def digest(self) -> str | None:
        """The XXH3 of all that was written, see ``digest.py``; None where it is not hashed."""
        ...
