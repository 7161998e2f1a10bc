"""What files there are below a folder of a storage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from gpu_im2rec.errors import UsageError
from gpu_im2rec.storage.opening import Store, store_of
from gpu_im2rec.storage.reading import path_in, patience_with
from gpu_im2rec.storage.s3_objects import bucket_and_key
from gpu_im2rec.storage.url import shown

_KEYS_A_PAGE = 1000  # the most that S3 gives


def names_below(url: str, *, recursive: bool) -> Iterator[list[str]]:
    """The names of the files below a folder, relative to it, a page at a time, in no order.

    Unless ``recursive`` they are those of the folder itself, and its subfolders, which end in a slash. Raises what
    ``read`` raises, and UsageError for web servers, which list nothing.
    """
    store = store_of(url)
    if store.is_http:
        raise UsageError(
            f"{shown(url)}: a web server does not list its files. Name the storage behind it, such as s3://…"
        )
    return _pages_of_s3(store, url, recursive) if store.s3_objects else _folders(store, url, recursive)


def _pages_of_s3(store: Store, url: str, recursive: bool) -> Iterator[list[str]]:
    """All that is below in one sequence: a request for a thousand keys, however many folders these are in."""
    from fsspec.asyn import sync  # noqa: PLC0415

    bucket, key = bucket_and_key(store.fs, url)
    prefix = f"{key.rstrip('/')}/" if key.strip("/") else ""
    asked: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix, "MaxKeys": _KEYS_A_PAGE}
    if not recursive:
        asked["Delimiter"] = "/"
    patience_with(store).with_(url, partial(sync, store.fs.loop, _leave_dates_alone, store.fs, bucket))
    while True:
        page = patience_with(store).with_(url, partial(store.fs.call_s3, "list_objects_v2", **asked))
        names = [one["Key"] for one in page.get("Contents", ())]
        names += [one["Prefix"] for one in page.get("CommonPrefixes", ())]
        yield [name[len(prefix) :] for name in names if name != prefix]
        if not page.get("IsTruncated"):
            return
        asked["ContinuationToken"] = page["NextContinuationToken"]


async def _leave_dates_alone(fs: Any, bucket: str) -> None:
    """Most of botocore's work on a page is to read its thousand dates, which nobody asks for: 213 ms, 69 without."""
    await fs.set_session()
    with suppress(AttributeError):
        endpoint = (await fs.get_s3(bucket))._endpoint
        parsers = type(endpoint._response_parser_factory)()  # of this client alone: credentials have dates that matter
        parsers.set_parser_defaults(timestamp_parser=str)
        endpoint._response_parser_factory = parsers


def _folders(store: Store, url: str, recursive: bool) -> Iterator[list[str]]:
    root = path_in(store, url).rstrip("/")
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        path = f"{root}/{folder}".rstrip("/") or "/"
        found = patience_with(store).with_(url, partial(store.fs.ls, path, detail=True))
        names = []
        for one in found:
            full = one["name"].rstrip("/")
            if full == path:  # itself, as an empty object
                continue
            name = folder + full.rpartition("/")[2]
            if one["type"] != "directory":
                names.append(name)
            elif recursive:
                waiting.append(f"{name}/")
            else:
                names.append(f"{name}/")
        yield names
