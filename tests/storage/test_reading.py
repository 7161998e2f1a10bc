"""Files of a storage, read whole or not at all."""

import gzip
import os
import threading

import pytest

from gpu_im2rec.errors import StorageError, UsageError
from gpu_im2rec.storage import (
    TooLargeError,
    UnreachableError,
    downloaded,
    read,
    read_range,
    size_of,
)
from gpu_im2rec.storage import patience as patience_module
from gpu_im2rec.storage.patience import Patience
from gpu_im2rec.storage.trouble import may_pass
from tests.storage.faulty import DENIED, EXPIRED, SLOW_DOWN, Fault
from tests.storage.s3 import WAYS, read_by

CONTENT = bytes(range(256)) * 40


@pytest.fixture(params=WAYS)
def bucket(bucket, request, monkeypatch):
    return read_by(request.param, bucket, monkeypatch)


@pytest.mark.parametrize(
    "name",
    ["a.jpg", "a b/c#d?e%20f&g+h.jpg", "é/漢字.jpg", "a//b.jpg", " a ", "x=1;y,z'\"!*()[]{}|.jpg", "a?versionId=1"],
)
def test_names_are_taken_as_they_are(bucket, name):
    url = bucket.put(name, CONTENT)
    assert read(url) == CONTENT
    assert size_of(url) == len(CONTENT)
    assert read_range(url, 3, 700) == CONTENT[3:700]


def test_a_file_is_one_request(bucket):
    url = bucket.put("a.jpg", CONTENT)
    read(url)
    assert bucket.proxy.requests == [("GET", f"/{bucket.name}/a.jpg")]


def test_an_empty_file(bucket):
    assert read(bucket.put("empty", b"")) == b""


def test_an_object_that_says_it_is_compressed_is_taken_as_it_is(bucket):
    content = gzip.compress(CONTENT)
    bucket._call("put_object", Key="a.gz", Body=content, ContentEncoding="gzip")
    assert read(f"{bucket.url}/a.gz") == content


@pytest.mark.parametrize("does", [(500, b""), (503, SLOW_DOWN), (502, b"<html>"), "cut", "reset", "silent"], ids=str)
def test_what_may_pass_is_tried_again(bucket, does):
    url = bucket.put("a.jpg", CONTENT)
    bucket.proxy.silence = 2.5
    times = 1 if does == "silent" else 2
    bucket.proxy.faults = [Fault("GET", "a.jpg", does, times)]
    assert read(url) == CONTENT
    assert bucket.proxy.count("GET", "a.jpg") == times + 1


@pytest.mark.parametrize("does", [(500, b""), (503, SLOW_DOWN), "reset"], ids=str)
def test_it_is_tried_so_often_and_no_oftener(bucket, does, monkeypatch):
    monkeypatch.setattr(patience_module, "TRIES", 3)
    url = bucket.put("a.jpg", CONTENT)
    bucket.proxy.faults = [Fault("GET", "a.jpg", does, times=100)]
    with pytest.raises(UnreachableError, match="3 times in"):
        read(url)
    most = 6 if does == "reset" else 3  # aiohttp asks once more, at once, where a connection that it kept has gone
    assert 3 <= bucket.proxy.count("GET") <= most  # neither botocore nor s3fs repeats any of them


@pytest.mark.parametrize(
    ("does", "error"),
    [
        ((404, b""), FileNotFoundError),
        ((403, DENIED), PermissionError),
        ((400, b""), OSError),
        ((403, EXPIRED), StorageError),
    ],
    ids=["404", "403", "400", "expired"],
)  # fmt: skip
def test_what_does_not_pass_is_not_tried_again(bucket, does, error):
    url = bucket.put("a.jpg", CONTENT)
    bucket.proxy.faults = [Fault("GET", "a.jpg", does, times=100)]
    with pytest.raises(error) as caught:
        read(url)
    assert type(caught.value) is error
    assert url in str(caught.value)
    assert bucket.proxy.count("GET") == 1


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [(403, EXPIRED, StorageError), (400, EXPIRED, StorageError), (403, DENIED, PermissionError)],
)
def test_why_a_size_is_not_told_is_asked(bucket, status, body, error):
    url = bucket.put("a.jpg", CONTENT)
    bucket.proxy.faults = [Fault(method, "a.jpg", (status, body), times=100) for method in ("HEAD", "GET")]
    with pytest.raises(error, match="has expired" if body is EXPIRED else "AccessDenied"):
        size_of(url)


def test_a_bucket_that_is_not_there_is_everybodys_trouble(bucket):
    with pytest.raises(StorageError, match=r"s3://no-such/a.jpg: .*bucket"):
        read("s3://no-such/a.jpg")


def test_a_range_that_comes_short_is_not_taken(bucket, monkeypatch):
    monkeypatch.setattr(patience_module, "TRIES", 3)
    url = bucket.put("a.jpg", CONTENT)
    bucket.proxy.faults = [Fault("GET", "a.jpg", "short", times=2)]
    assert read_range(url, 0, 1000) == CONTENT[:1000]
    bucket.proxy.faults = [Fault("GET", "a.jpg", "short", times=3)]
    with pytest.raises(UnreachableError, match="500 bytes came of 1,000"):
        read_range(url, 0, 1000)


def test_a_file_beyond_the_limit_is_not_fetched(bucket):
    url = bucket.put("a.jpg", CONTENT)
    with pytest.raises(TooLargeError) as error:
        read(url, limit=len(CONTENT))
    assert error.value.size == len(CONTENT)
    assert read(url, limit=len(CONTENT) + 1) == CONTENT


def test_many_at_once(bucket):
    urls = [bucket.put(f"{number}.bin", b"%d" % number * 1000) for number in range(40)]
    found: dict[int, bytes] = {}
    threads = [threading.Thread(target=lambda n=n: found.update({n: read(urls[n])})) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: b"%d" % number * 1000 for number in range(40)}


def test_what_takes_long_and_fails_is_tried_again_once(monkeypatch):
    monkeypatch.setattr(patience_module, "GIVES_UP", 0.0)
    monkeypatch.setattr(patience_module, "FIRST_PAUSE", 0.0)
    fails = iter([ConnectionError("reset")] * 2)

    def work():
        raise next(fails)

    with pytest.raises(UnreachableError, match="reset, 2 times in"):
        Patience().with_("s3://a/b", work)


def test_waiting_ends_when_it_is_told(monkeypatch):
    monkeypatch.setattr(patience_module, "FIRST_PAUSE", 100.0)
    patience, tried = Patience(), []

    def work():
        tried.append(1)
        threading.Timer(0.05, patience.stop).start()
        raise ConnectionError("reset")

    with pytest.raises(UnreachableError):
        patience.with_("s3://a/b", work)
    assert len(tried) == 2


def test_a_list_is_copied_and_called_by_its_url(bucket):
    url = bucket.put("lists/image.lst", CONTENT)
    with downloaded(url) as copy:
        path = os.fspath(copy)
        assert str(copy) == url
        assert os.path.basename(path) == "image.lst"
        with open(copy, "rb") as file:
            assert file.read() == CONTENT
    assert not os.path.exists(path)


def test_of_a_part_each_byte_lies_where_it_does_in_the_whole(bucket):
    large = os.urandom(1 << 20) * 3
    url = bucket.put("image.lst", large)
    with downloaded(url, 2_000_000, 2_500_000) as copy, open(copy, "rb") as file:
        assert file.seek(0, os.SEEK_END) == 2_500_000
        assert os.stat(copy).st_blocks * 512 < 1_000_000
        file.seek(2_000_000)
        assert file.read() == large[2_000_000:2_500_000]
    assert bucket.proxy.count("HEAD") == 0


@pytest.mark.parametrize("url", ["s3://", "s3://bucket", "s3:///a.jpg", "s3://a bucket/a.jpg", "http://host:99999/a"])
def test_names_that_nothing_can_have(url, environment):
    with pytest.raises(OSError) as error:
        read(url)
    assert error.value.filename == url
    assert "\n" not in error.value.strerror


def test_a_body_with_another_checksum_may_come_whole_the_next_time():
    from botocore.exceptions import FlexibleChecksumError

    assert may_pass(FlexibleChecksumError(error_msg="Expected checksum a did not match calculated checksum: b"))


@pytest.mark.parametrize(
    ("url", "package"),
    [("gs://a/b", "gcsfs"), ("hdfs://a/b", "pyarrow"), ("abfs://a/b", "adlfs"), ("foo://a/b", "foo")],
)
def test_what_is_missing_is_named(url, package, environment):
    if package != "foo":
        pytest.importorskip("fsspec")
        try:
            __import__(package)
        except ImportError:
            pass
        else:
            pytest.skip(f"{package} is installed")
    with pytest.raises(UsageError, match=package):
        read(url)
