"""The hash of a whole file, while it is written: 128-bit XXH3, seed 0, as ``xxhsum -H2`` prints it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gpu_im2rec.recordio.framing import Buffer

_BLOCK_BYTES = 1 << 20


class Digest:
    """Of all bytes that it was given."""

    def __init__(self) -> None:
        import xxhash  # noqa: PLC0415 (all else in this room needs NumPy alone)

        self._state: Any = xxhash.xxh3_128()

    def add(self, pieces: Iterable[Buffer]) -> None:
        """More bytes."""
        for piece in pieces:
            self._state.update(piece)

    def add_file(self, path: Path, start: int = 0) -> None:
        """The bytes of the file at ``path`` from ``start`` on. Raises OSError."""
        with path.open("rb", buffering=0) as file:
            file.seek(start)
            while block := file.read(_BLOCK_BYTES):
                self._state.update(block)

    def hex(self) -> str:
        """32 small hexadecimal digits, the highest first."""
        return str(self._state.hexdigest())


def digest_of(path: Path) -> str:
    """That of the file at ``path``. Raises OSError."""
    digest = Digest()
    digest.add_file(path)
    return digest.hex()
