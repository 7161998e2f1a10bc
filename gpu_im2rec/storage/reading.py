"""Whole files and ranges of files that a URL names, as bytes: all of them, or an error."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any, TypeVar

from gpu_im2rec.storage.opening import Store, store_of
from gpu_im2rec.storage.patience import Patience
from gpu_im2rec.storage.trouble import check_limit, complete
from gpu_im2rec.storage.url import shown

T = TypeVar("T")


def read(url: str, *, limit: int | None = None, tries: int | None = None) -> bytes:
    """The whole file, if it has fewer bytes than ``limit``. For many threads at once.

    Raises TooLargeError, and what ``Patience.with_`` raises. A body that ends early counts as an error that may pass.
    """
    return _asked(url, lambda store: _whole(store, url, limit), tries)


def read_range(url: str, start: int, stop: int) -> bytes:
    """Bytes ``start`` … ``stop`` - 1, which must be there. Raises as ``read``."""
    return _asked(url, lambda store: _range(store, url, start, stop)) if stop > start else b""


def size_of(url: str, *, tries: int | None = None) -> int:
    """In bytes. Raises as ``read``, and OSError where the storage does not tell."""
    size = _asked(url, lambda store: _size(store, url), tries)
    if size is None:
        raise OSError(errno.EIO, "the storage does not tell how large the file is", shown(url))
    return size


def path_in(store: Store, url: str) -> str:
    """What the file system itself calls ``url``."""
    return str(store.fs._strip_protocol(url))


def patience_with(store: Store, tries: int | None = None) -> Patience:
    """As much as is ours."""
    return Patience(tries if store.retries else 1)


def _asked(url: str, work: Callable[[Store], T], tries: int | None = None) -> T:
    store = store_of(url)
    return patience_with(store, tries).with_(url, lambda: work(store))


def _whole(store: Store, url: str, limit: int | None) -> bytes:
    if store.s3_objects:
        return store.s3_objects.read(url, limit)
    if store.is_http:
        return bytes(_in_loop(store, _of_http, url, limit))
    path = path_in(store, url)
    size = _size(store, url)
    check_limit(size, limit, url)
    return complete(store.fs.cat_file(path), size)


def _range(store: Store, url: str, start: int, stop: int) -> bytes:
    if store.s3_objects:
        content = store.s3_objects.read_range(url, start, stop)
    elif store.is_http:
        content = _in_loop(store, _of_http, url, None, start, stop)
    elif not store.fs.async_impl:  # pyarrow's files cannot be asked for a range that begins at 0
        with store.fs.open(path_in(store, url), "rb") as file:
            file.seek(start)
            content = file.read(stop - start)
    else:
        content = store.fs.cat_file(path_in(store, url), start=start, end=stop)
    return complete(content, stop - start)


def _size(store: Store, url: str) -> int | None:
    if store.s3_objects:
        return store.s3_objects.size(url)
    if store.is_http:  # fs.info calls every error "not found"
        size: int | None = _in_loop(store, _size_of_http, url)
        return size
    found = store.fs.info(path_in(store, url))
    if found["type"] == "directory":
        raise IsADirectoryError(errno.EISDIR, "a folder and no file", url)
    return int(found["size"])


def _in_loop(store: Store, work: Callable[..., Any], *arguments: Any) -> Any:
    from fsspec.asyn import sync  # noqa: PLC0415

    return sync(store.fs.loop, work, store.fs, *arguments)


async def _of_http(fs: Any, url: str, limit: int | None, start: int = 0, stop: int | None = None) -> bytes:
    """Up to ``stop``, also from a server that knows no ranges."""
    headers = {"Range": f"bytes={start}-{stop - 1}"} if stop else {}
    async with await _got(fs, url, headers) as answer:
        check_limit(answer.content_length or 0, limit, url)
        content = bytearray()
        at = start if answer.status == 206 else 0
        async for block in answer.content.iter_any():  # which raises where the body ends before its announced end
            content += block[max(0, start - at) :]
            at += len(block)
            check_limit(len(content), limit, url)
            if stop and at >= stop:
                break
        return bytes(content[: stop - start] if stop else content)


async def _size_of_http(fs: Any, url: str) -> int | None:
    """By GET, whose body is not read: some servers answer HEAD otherwise, or not at all.

    None also where the body is compressed, though nobody asked for that: it is longer than it says.
    """
    async with await _got(fs, url, {}) as answer:
        size: int | None = answer.content_length
        return size if answer.headers.get("Content-Encoding", "identity") == "identity" else None


async def _got(fs: Any, url: str, headers: dict[str, str]) -> Any:
    session = await fs.set_session()
    settings = dict(fs.kwargs)
    headers = {"Accept-Encoding": "identity", **settings.pop("headers", {}), **headers}
    answer = await session.get(fs.encode_url(url), headers=headers, **settings)
    if answer.status >= 400:
        answer.close()
        answer.raise_for_status()
    return answer
