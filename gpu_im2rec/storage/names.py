"""Files of a storage by their names: whether they are there, and removing them."""

from __future__ import annotations

from contextlib import suppress

from gpu_im2rec.storage.opening import store_of
from gpu_im2rec.storage.reading import path_in, patience_with, size_of


def exists(url: str) -> bool:
    """Whether a file is there. Raises as ``read``."""
    try:
        size_of(url)
    except FileNotFoundError:
        return False
    return True


def remove(url: str) -> None:
    """Remove the file, if it is there. Raises as ``read``."""
    store = store_of(url)
    with suppress(FileNotFoundError):
        patience_with(store).with_(url, lambda: store.fs.rm_file(path_in(store, url)))
