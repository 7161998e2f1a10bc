"""Whole objects of S3, for many threads at once: by obstore where it can, by botocore in all other cases.

botocore needs some 3 ms of one processor for a request, whatever the number of threads; obstore a tenth of that, on all
of them. botocore is what people configure, so it makes the first request of a bucket, from which obstore learns. Then
obstore has to read the same object, and where it does not come to the same bytes it is not asked again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

from gpu_im2rec.storage.s3_quickly import QuickBucket, quick_bucket
from gpu_im2rec.storage.trouble import check_limit, complete, status_of

TRIALS = 3  # of a bucket: one may fail for what has passed a moment later

_requests: ContextVar[list[Any] | None] = ContextVar("_requests", default=None)  # that botocore makes, if they matter


def bucket_and_key(fs: Any, url: str) -> tuple[str, str]:
    """Of s3fs's own ``split_path``; but what looks like a version is a part of the key, too."""
    path, mark, version = url.partition("?versionId=")
    bucket, key, _ = fs.split_path(path)
    return bucket, key + mark + version


class S3Objects:
    """``fs`` is s3fs's file system."""

    def __init__(self, fs: Any) -> None:
        self._fs = fs
        self._quick: dict[str, QuickBucket] = {}
        self._trials: dict[str, int] = {}
        self._learning = threading.Lock()

    def read(self, url: str, limit: int | None) -> bytes:
        """The object, if it has fewer bytes than ``limit``. Raises what trouble.py knows to judge."""
        bucket, key = bucket_and_key(self._fs, url)
        if not _is_plain(key):
            return self._by_botocore(bucket, key, limit, url)
        if quick := self._quick.get(bucket):
            return quick.read(key, limit, url)
        if self._trials.get(bucket, 0) < TRIALS and self._learning.acquire(blocking=False):
            try:
                return self._read_and_learn(bucket, key, limit, url)
            finally:
                self._learning.release()
        return self._by_botocore(bucket, key, limit, url)

    def _read_and_learn(self, bucket: str, key: str, limit: int | None, url: str) -> bytes:
        requests: list[Any] = []
        reset = _requests.set(requests)
        try:
            with suppress(Exception):  # whatever it is, here and below: botocore can do without
                self._in_loop(_watch, bucket)
            content = self._by_botocore(bucket, key, limit, url)
        finally:
            _requests.reset(reset)
        self._trials[bucket] = self._trials.get(bucket, 0) + 1
        with suppress(Exception):
            quick = quick_bucket(self._fs, bucket, requests[-1], key)
            if quick and quick.read(key, None, url) == content:
                self._quick[bucket] = quick
        return content

    def size(self, url: str) -> int:
        """In bytes."""
        bucket, key = bucket_and_key(self._fs, url)
        try:
            return int(self._fs.call_s3("head_object", Bucket=bucket, Key=key)["ContentLength"])
        except OSError as error:
            if status_of(error) in (400, 403):  # an answer to HEAD has no body that says why
                self.read_range(url, 0, 1)
            raise

    def read_range(self, url: str, start: int, stop: int) -> bytes:
        """Bytes ``start`` … ``stop`` - 1 of the object, as far as there are any."""
        bucket, key = bucket_and_key(self._fs, url)
        return bytes(self._in_loop(_got, bucket, key, None, url, {"Range": f"bytes={start}-{stop - 1}"}))

    def _by_botocore(self, bucket: str, key: str, limit: int | None, url: str) -> bytes:
        return bytes(self._in_loop(_got, bucket, key, limit, url, {}))

    def _in_loop(self, work: Callable[..., Any], *arguments: Any) -> Any:
        from fsspec.asyn import sync  # noqa: PLC0415

        return sync(self._fs.loop, work, self._fs, *arguments)


async def _got(fs: Any, bucket: str, key: str, limit: int | None, url: str, asked: dict[str, str]) -> bytes:
    """With one request; ``fs.cat_file`` makes two."""
    answer = await fs._call_s3("get_object", Bucket=bucket, Key=key, **asked)
    async with answer["Body"] as body:
        check_limit(answer["ContentLength"], limit, url)
        return complete(await body.read(), answer["ContentLength"])


async def _watch(fs: Any, bucket: str) -> None:
    await fs.set_session()
    client = await fs.get_s3(bucket)
    client.meta.events.register("before-send.s3.GetObject", _note, unique_id=__name__)


def _note(request: Any, **_: Any) -> None:
    requests = _requests.get()
    if requests is not None:
        requests.append(request)


def _is_plain(key: str) -> bool:
    """Whether obstore asks for this key and no other: it takes keys for paths, and mends them."""
    return key.isprintable() and not {"", ".", ".."} & set(key.split("/"))
