"""What an error of a storage means: it may pass, it is this file's, or it is everybody's."""

from __future__ import annotations

import errno
from functools import lru_cache
from typing import Any

from gpu_im2rec.storage.url import shown

_OF_ALL = {  # codes of S3 that every other request would get, too
    "NoSuchBucket", "InvalidBucketName", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken",
    "ExpiredTokenException", "InvalidToken", "TokenRefreshRequired", "InvalidClientTokenId", "RequestTimeTooSkewed",
    "AuthorizationHeaderMalformed", "PermanentRedirect", "NotSignedUp", "AccountProblem", "InvalidSecurity",
}  # fmt: skip
_THROTTLED = {
    "SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequests", "RequestTimeout",
    "BandwidthLimitExceeded", "IncompleteBody", "BadDigest", "InternalError", "ServiceUnavailable", "OperationAborted",
}  # fmt: skip
_LASTING = (
    FileNotFoundError, PermissionError, FileExistsError, IsADirectoryError, NotADirectoryError, NotImplementedError,
    ValueError,
)  # fmt: skip
_LASTING_NUMBERS = (errno.EINVAL, errno.ENAMETOOLONG, errno.ENOSYS, errno.EROFS, errno.ENOTEMPTY)
ABOUT_SETTINGS = "; docs/remote.md says how credentials and settings are given"
_ALWAYS_PASSING = (408, 425, 429)  # status of HTTP; and all from 500 on


class ShortBodyError(OSError):
    """An answer that ended before its end."""


class TooLargeError(OSError):
    """A file that has as many bytes as the limit, or more; it was not fetched."""

    def __init__(self, size: int, url: str) -> None:
        super().__init__(errno.EFBIG, f"the file has {size:,} bytes", url)
        self.size = size


def check_limit(size: int | None, limit: int | None, url: str) -> None:
    """Raises TooLargeError where a file has as many bytes as ``limit``, or more, as far as is known."""
    if limit is not None and size is not None and size >= limit:
        raise TooLargeError(size, url)


def complete(content: bytes, size: int | None) -> bytes:
    """``content``, which is to have ``size`` bytes. Raises ShortBodyError."""
    if size is not None and len(content) != size:
        raise ShortBodyError(errno.EIO, f"{len(content):,} bytes came of {size:,}")
    return content


def may_pass(error: BaseException) -> bool:
    """Whether the same request may go well a moment later."""
    if code_of(error) in _THROTTLED:
        return True
    if status := status_of(error):
        return status >= 500 or status in _ALWAYS_PASSING or (status < 400 and not isinstance(error, _LASTING))
    if isinstance(error, _LASTING) or getattr(error, "errno", None) in _LASTING_NUMBERS:
        return False
    return isinstance(error, (OSError, EOFError, *_of_connections()))


def concerns_all(error: BaseException) -> bool:
    """Whether every other file would meet it: no such bucket, wrong credentials or settings, or none."""
    return code_of(error) in _OF_ALL or status_of(error) == 401 or _is_before_asking(error)


def _is_before_asking(error: BaseException) -> bool:
    """Whether botocore had no credentials or settings with which to ask; but for names that it takes for none."""
    is_its_own = type(error).__module__ == "botocore.exceptions" and _answer(error) is None
    return is_its_own and not _is_no_name(error) and not may_pass(error)


def _is_no_name(error: BaseException) -> bool:
    return type(error).__name__ == "ParamValidationError"


def code_of(error: BaseException) -> str:
    """What S3 calls it; empty elsewhere."""
    answer = _answer(error)
    return str(answer.get("Error", {}).get("Code", "")) if answer else ""


def status_of(error: BaseException) -> int:
    """The status of HTTP that was answered; 0 where there was none."""
    answer = _answer(error)
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode") if answer else getattr(error, "status", None)
    return status if isinstance(status, int) else 0


def in_words(error: BaseException) -> str:
    """What happened, in one line."""
    if _is_no_name(error):  # of which botocore says its rules, in many lines
        return "no bucket and no object of S3 can be called so"
    words = getattr(error, "strerror", None) or getattr(error, "message", str(error))
    code = code_of(error) or str(status_of(error) or "")
    line = shown(" ".join(str(words or type(error).__name__).split()))
    return f"{line} ({code})" if code and code not in line else line


def _answer(error: BaseException) -> dict[str, Any] | None:
    """S3's, which s3fs keeps as the cause of an OSError."""
    for one in (error, error.__cause__):
        answer = getattr(one, "response", None)
        if isinstance(answer, dict):
            return answer
    return None


@lru_cache(maxsize=1)
def _of_connections() -> tuple[type[Exception], ...]:
    """Errors of the libraries under fsspec which are no OSError; asked when there is an error, not before."""
    found: list[type[Exception]] = []
    try:
        from aiohttp import ClientError  # noqa: PLC0415

        found.append(ClientError)
    except ImportError:
        pass
    try:
        from botocore import exceptions as of_botocore  # noqa: PLC0415
        from botocore.parsers import ResponseParserError  # noqa: PLC0415

        found += [of_botocore.HTTPClientError, of_botocore.ConnectionError, ResponseParserError]
        found += [of_botocore.IncompleteReadError, of_botocore.ChecksumError, of_botocore.FlexibleChecksumError]
    except ImportError:
        pass
    return tuple(found)
