"""Pictures out of tar files. For any Python; the standard library alone."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path


def pictures(out: Path) -> Iterator[bytes]:
    """Of all tar files in the folder ``out``."""
    for path in sorted(out.glob("*.tar")):
        with tarfile.open(path) as tar:
            for member in tar:
                file = tar.extractfile(member)
                if file and member.name.endswith(".jpg"):
                    yield file.read()
