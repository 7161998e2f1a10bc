"""Files of a storage by their names: whether they are there, and removing them."""

from __future__ import annotations

from gpu_im2rec.storage.opening import Store, store_of
from gpu_im2rec.storage.reading import path_in, patience_with, size_of
from gpu_im2rec.storage.s3_objects import bucket_and_key


def exists(url: str, *, tries: int | None = None) -> bool:
    """Whether a file is there. Raises as ``read``."""
    try:
        size_of(url, tries=tries)
    except FileNotFoundError:
        return False
    return True


def remove(url: str) -> None:
    """Remove the file, if it is there. Raises as ``read``."""
    store = store_of(url)
    try:
        patience_with(store).with_(url, lambda: _remove(store, url))
    except FileNotFoundError:
        pass
    except PermissionError:  # which S3 also says of what is not there
        if exists(url):
            raise


def _remove(store: Store, url: str) -> None:
    if store.s3_objects:
        bucket, key = bucket_and_key(store.fs, url)
        store.fs.call_s3("delete_object", Bucket=bucket, Key=key)
    else:
        store.fs.rm_file(path_in(store, url))
