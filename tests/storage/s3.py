"""A real S3 API over HTTP on this machine, moto's, and a faulty way to it."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from gpu_im2rec.storage import opening, patience, read, s3_objects
from tests.storage.faulty import Proxy

_SERVER = """
import logging, sys
logging.getLogger("werkzeug").setLevel(logging.ERROR)
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""
_numbers = itertools.count()


@pytest.fixture(scope="session")
def s3_port() -> Iterator[int]:
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-W", "ignore", "-c", _SERVER], stdin=pipe, stdout=pipe, text=True) as run:
        yield int(run.stdout.readline())
        run.stdin.close()
        run.terminate()


@pytest.fixture(scope="session")
def s3_proxy(s3_port: int) -> Iterator[Proxy]:
    """One for all tests of a process, as setting a client up takes a second."""
    with Proxy(s3_port) as proxy:
        yield proxy
    opening._opened.cache_clear()


class Bucket:
    """A bucket of its own for each test, behind a ``proxy`` whose faults the test decides."""

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        self.name = f"bucket{next(_numbers)}"
        self.url = f"s3://{self.name}"
        self._call("create_bucket")
        proxy.requests.clear()

    def put(self, key: str, content: bytes) -> str:
        """→ the URL."""
        self._call("put_object", Key=key, Body=content)
        self.proxy.requests.clear()
        return f"{self.url}/{key}"

    def names(self) -> list[str]:
        faults, self.proxy.faults = self.proxy.faults, []
        found = self._call("list_objects_v2").get("Contents", [])
        self.proxy.faults = faults
        return [one["Key"] for one in found]

    def open_uploads(self) -> list[str]:
        return [one["Key"] for one in self._call("list_multipart_uploads").get("Uploads", [])]

    def _call(self, method: str, **arguments: Any) -> Any:
        return opening.store_of(self.url).fs.call_s3(method, Bucket=self.name, **arguments)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's own configuration, and no long waiting."""
    for name, value in (("ACCESS_KEY_ID", "a"), ("SECRET_ACCESS_KEY", "b"), ("DEFAULT_REGION", "us-east-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(patience, "FIRST_PAUSE", 0.002)
    monkeypatch.setattr(opening, "SILENT_SECONDS", 5.0)


@pytest.fixture
def bucket(s3_proxy: Proxy, environment: None, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_proxy.url)
    s3_proxy.faults, s3_proxy.before, s3_proxy.latency = [], lambda method, path: None, 0.0
    return Bucket(s3_proxy)


WAYS = ("obstore", "botocore")


def read_by(way: str, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """``bucket``, whose objects are read in one way from the first one on."""
    if way == "botocore":
        monkeypatch.setattr(s3_objects, "TRIALS", 0)
        return bucket
    read(bucket.put("first.jpg", b"from which obstore learns"))
    assert bucket.name in opening.store_of(bucket.url).s3_objects._quick
    bucket.proxy.requests.clear()
    return bucket
