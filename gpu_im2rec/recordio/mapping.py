"""A file's bytes as memory."""

import mmap
from pathlib import Path


def mapped(path: Path) -> memoryview:
    """The bytes of ``path``, read-only; unmapped when the last view of them is gone."""
    with path.open("rb") as file:
        if file.seek(0, 2) == 0:  # nothing to map
            return memoryview(b"")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
