"""What of fsspec reaches a URL. Endpoints, credentials and all else that it needs are fsspec's own configuration."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Any, NamedTuple

from gpu_im2rec.errors import StorageError, UsageError
from gpu_im2rec.storage.s3_objects import S3Objects
from gpu_im2rec.storage.trouble import ABOUT_SETTINGS, in_words
from gpu_im2rec.storage.url import shown

CONNECTIONS = 320  # at once: more than the threads that read and upload, which are what bounds them
CONNECT_SECONDS = 10.0
SILENT_SECONDS = 20.0  # without a byte, after which a request has failed

_INSTALL = "pip install 'gpu-im2rec[remote]'"
_OF_OTHERS = {"gs": "gcsfs", "gcs": "gcsfs", "hdfs": "pyarrow", "abfs": "adlfs", "abfss": "adlfs", "az": "adlfs"}
_SHARED = ("s3", "s3a", "gs", "gcs", "http", "https")  # what follows the slashes decides nothing of how to reach it
_RETRY_THEMSELVES = ("gcsfs", "adlfs")
_lock = threading.Lock()


class Store(NamedTuple):
    """A file system, and how it is spoken to."""

    fs: Any  # of fsspec
    s3_objects: S3Objects | None  # where it is S3
    is_http: bool
    retries: bool  # whether we do it; gcsfs and adlfs do it themselves, and both together would take minutes


def store_of(url: str) -> Store:
    """What reaches ``url``; one for all buckets or hosts, as setting one up takes a second. For any thread.

    Raises UsageError where a package is missing or nothing knows such URLs, StorageError where it cannot be set up.
    """
    scheme, _, rest = url.partition("://")
    with _lock:
        return _opened(scheme.lower(), "" if scheme.lower() in _SHARED else rest.partition("/")[0])


@lru_cache(maxsize=64)
def _opened(scheme: str, authority: str) -> Store:
    url = shown(f"{scheme}://{authority}")
    try:
        import fsspec  # noqa: PLC0415 (only what is not on this machine needs it)
    except ImportError:
        raise UsageError(f"{url}: remote files need fsspec: {_INSTALL}") from None
    if scheme not in {*fsspec.available_protocols(), *fsspec.registry}:
        listed = "`python -c 'import fsspec; print(fsspec.available_protocols())'`"
        raise UsageError(f"{url}: nothing here knows such URLs; {listed} lists those that are known")
    try:
        fs, _ = fsspec.url_to_fs(f"{scheme}://{authority}/", skip_instance_cache=True, **_settings(scheme))
        s3_objects = _s3_objects(fs) if hasattr(fs, "call_s3") else None
    except ImportError as error:
        package = _OF_OTHERS.get(scheme)
        raise UsageError(f"{url}: {error}; {f'pip install {package}' if package else _INSTALL}") from None
    except Exception as error:  # of whatever sort: each file system has its own
        raise StorageError(f"{url}: this storage cannot be set up: {in_words(error)}{ABOUT_SETTINGS}") from error
    return Store(
        fs, s3_objects, scheme in ("http", "https"), type(fs).__module__.partition(".")[0] not in _RETRY_THEMSELVES
    )


def _s3_objects(fs: Any) -> S3Objects:
    from fsspec.asyn import sync  # noqa: PLC0415

    fs.retries = 1  # as botocore's, for the same reason
    sync(fs.loop, fs.set_session)  # which is where settings of no use are noticed
    return S3Objects(fs)


def _settings(scheme: str) -> dict[str, Any]:
    """What is ours to say, unless people say otherwise in fsspec's configuration."""
    if scheme in ("s3", "s3a"):
        from fsspec.config import conf  # noqa: PLC0415

        # Retries are made in one place, patience.py, which knows of bodies that end early, too: botocore makes 5,
        # s3fs 5 of each, and ours on top would be some hundred requests.
        ours = {
            "retries": {"total_max_attempts": 1},
            "connect_timeout": CONNECT_SECONDS,
            "read_timeout": SILENT_SECONDS,
            "max_pool_connections": CONNECTIONS,
        }
        theirs = [conf.get(name, {}).get("config_kwargs", {}) for name in ("s3", "s3a")]  # as fsspec takes them
        return {"config_kwargs": ours | theirs[0] | theirs[1], "use_listings_cache": False}
    if scheme in ("http", "https"):
        return {"get_client": _http_client}
    return {"use_listings_cache": False}


async def _http_client(**settings: Any) -> Any:
    import aiohttp  # noqa: PLC0415

    timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENT_SECONDS)
    settings.pop("loop", None)
    ours: dict[str, Any] = {"timeout": timeout, "connector": aiohttp.TCPConnector(limit=CONNECTIONS)}
    return aiohttp.ClientSession(**(ours | settings))
