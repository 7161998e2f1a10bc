"""A remote file, or a range of it, as a file on this machine."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gpu_im2rec.storage.reading import read_range, size_of
from gpu_im2rec.storage.url import shown

_BLOCK_BYTES = 32 << 20


class LocalCopy(os.PathLike[str]):
    """Opened as the file on this machine, called by the URL in what people read."""

    def __init__(self, path: Path, url: str) -> None:
        self._path = path
        self._url = url

    def __fspath__(self) -> str:
        return os.fspath(self._path)

    def __str__(self) -> str:
        return self._url


@contextmanager
def downloaded(url: str, start: int = 0, stop: int | None = None) -> Iterator[LocalCopy]:
    """The file in a temporary folder, as long as the ``with`` lasts.

    Of a part, ``start`` … ``stop`` - 1, each byte lies where it does in the whole; what is before takes no room. Raises
    as ``read``.
    """
    end = size_of(url) if stop is None else stop
    with tempfile.TemporaryDirectory(prefix="gpu-im2rec-") as folder:
        path = Path(folder) / (url.rstrip("/").rpartition("/")[2].partition("?")[0] or "list")
        with path.open("wb") as file:
            file.seek(start)
            for at in range(start, end, _BLOCK_BYTES):
                file.write(read_range(url, at, min(end, at + _BLOCK_BYTES)))
        yield LocalCopy(path, shown(url))
