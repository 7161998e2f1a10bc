"""One bucket of S3 by way of obstore, which is told what botocore does: where it asks, as whom, whom it trusts."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from gpu_im2rec.storage.trouble import check_limit, complete

_KNOWN_HEADERS = {  # that obstore sends itself, or that say nothing to the storage
    "authorization", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "user-agent",
    "amz-sdk-invocation-id", "amz-sdk-request", "x-amz-checksum-mode",
}  # fmt: skip
_SIGNED = re.compile(r"AWS4-HMAC-SHA256 Credential=[^,]*/([^/,]+)/s3/aws4_request,")
_VALID = timedelta(minutes=10)  # obstore asks for credentials again 5 minutes before they end; asking costs nothing
_STATUS = re.compile(r"Server returned non-2xx status code: (\d{3})")
_STATUS_OF = {"FileNotFoundError": 404, "PermissionDeniedError": 403, "UnauthenticatedError": 401}
_CODE = re.compile(r"<Code>([^<]+)</Code>")
_MESSAGE = re.compile(r"<Message>([^<]+)</Message>")


class AnsweredError(OSError):
    """An answer that is no object. ``response`` is as in botocore's errors."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.response = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}


class QuickBucket:
    """``store`` is obstore's."""

    def __init__(self, store: Any, credentials: Credentials | None) -> None:
        self._store = store
        self._credentials = credentials

    def read(self, key: str, limit: int | None, url: str) -> bytes:
        """The object, if it has fewer bytes than ``limit``, with one request and one try."""
        from obstore.exceptions import BaseError  # noqa: PLC0415

        try:
            answer = self._store.get(key)
            check_limit(answer.meta["size"], limit, url)
            return complete(answer.bytes().to_bytes(), answer.meta["size"])
        except (BaseError, FileNotFoundError) as error:
            raise self._meaning(error) from error

    def _meaning(self, error: Exception) -> Exception:
        words = str(error).partition("\n\nDebug source")[0]
        if "credential provider" in words and self._credentials and self._credentials.refused:
            return self._credentials.refused
        if status := _STATUS.search(words):
            code, message = _CODE.search(words), _MESSAGE.search(words)
            said = message[1] if message else words[status.start() :].partition(":")[2]
            return AnsweredError(int(status[1]), code[1] if code else "", said.strip(" :\n")[:200])
        if status_of_kind := _STATUS_OF.get(type(error).__name__):
            return AnsweredError(status_of_kind, "", words)
        return ConnectionError(words.rpartition(" - ")[2])


class Credentials:
    """Gives obstore what botocore has, which refreshes it. ``refused`` is why it could not, the last time."""

    def __init__(self, loop: Any, credentials: Any) -> None:
        self.refused: Exception | None = None
        self._loop = loop
        self._credentials = credentials

    def __call__(self) -> dict[str, Any]:
        from fsspec.asyn import sync  # noqa: PLC0415

        try:
            frozen = sync(self._loop, self._credentials.get_frozen_credentials)
        except Exception as error:
            self.refused = error
            raise
        self.refused = None
        return {
            "access_key_id": frozen.access_key,
            "secret_access_key": frozen.secret_key,
            "token": frozen.token,
            "expires_at": datetime.now(UTC) + _VALID,
        }


def quick_bucket(fs: Any, bucket: str, request: Any, key: str) -> QuickBucket | None:
    """``bucket``, of which botocore has asked for ``key`` with ``request``; None where obstore cannot do as it does.

    That is where a header would be missing, as of a requester who pays, or a proxy or a certificate of the client is in
    between. Raises whatever it likes.
    """
    from urllib.request import getproxies  # noqa: PLC0415 (loads all of http, which no local run needs)

    from fsspec.asyn import sync  # noqa: PLC0415
    from obstore.store import S3Store  # noqa: PLC0415

    client = sync(fs.loop, fs.get_s3, bucket)
    config = client.meta.config
    headers = {name.lower(): _text(value) for name, value in request.headers.items()}
    signed = _SIGNED.match(headers.get("authorization", ""))
    end = f"/{quote(key, safe='/~')}"
    if (
        set(headers) - _KNOWN_HEADERS
        or bool(signed) != ("authorization" in headers)
        or not request.url.endswith(end)
        or config.proxies
        or config.client_cert
        or getproxies()
    ):
        return None
    bucket_url = request.url.removesuffix(end)
    credentials = Credentials(fs.loop, client._request_signer._credentials) if signed else None
    settings = {  # all of them, since obstore takes what is not said from the environment
        "endpoint": bucket_url,
        "aws_endpoint_url_s3": bucket_url,
        "virtual_hosted_style_request": True,  # the bucket is in the URL, wherever it is
        "region": signed[1] if signed else "us-east-1",
        "skip_signature": not signed,
        "request_payer": False,
        "s3_express": False,
        "unsigned_payload": False,
    }
    options = {
        "allow_http": urlsplit(bucket_url).scheme == "http",
        "connect_timeout": timedelta(seconds=config.connect_timeout),
        "read_timeout": timedelta(seconds=config.read_timeout),
        "timeout": timedelta(days=1),
        **_trust(client._endpoint.http_session._verify),
    }
    retries = {"max_retries": 0}
    store = S3Store(
        bucket, config=settings, client_options=options, retry_config=retries, credential_provider=credentials
    )
    return QuickBucket(store, credentials)


def _trust(verify: bool | str | None) -> dict[str, Any]:
    """Certificates that botocore trusts are trusted besides the system's own."""
    from botocore.httpsession import get_cert_path  # noqa: PLC0415

    if verify is False:
        return {"allow_invalid_certificates": True}
    return {"root_certificate": Path(get_cert_path(verify or True)).read_bytes()}


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
