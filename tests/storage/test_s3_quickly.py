"""What obstore learns of a bucket from botocore, and when it is left alone."""

import datetime
import ipaddress
import ssl
import sys
from types import SimpleNamespace
from urllib.parse import quote

import pytest

from gpu_im2rec.storage import opening, read, s3_quickly
from gpu_im2rec.storage.s3_objects import S3Objects, _is_plain
from gpu_im2rec.storage.s3_quickly import quick_bucket
from tests.storage.faulty import Fault, Proxy

KEYS = [f"a{chr(letter)}b/{chr(letter)}" for letter in range(0x20, 0x250) if chr(letter).isprintable()]


def objects(bucket, **settings):
    """With settings of its own for s3fs."""
    from s3fs import S3FileSystem

    fs = S3FileSystem(endpoint_url=bucket.proxy.url, skip_instance_cache=True, **settings)
    return S3Objects(fs)


def is_quick(objects, bucket):
    return bucket.name in objects._quick


def test_it_is_learned_with_one_request_more(bucket):
    urls = [bucket.put(f"{name}.jpg", name.encode()) for name in "abc"]
    assert [read(url) for url in urls] == [b"a", b"b", b"c"]
    assert is_quick(opening.store_of(bucket.url).s3_objects, bucket)
    assert [path[-5:] for _, path in bucket.proxy.requests] == ["a.jpg", "a.jpg", "b.jpg", "c.jpg"]


def test_all_names_are_asked_for_as_botocore_asks(bucket):
    read(bucket.put("first", b"1"))
    quick = opening.store_of(bucket.url).s3_objects._quick[bucket.name]
    bucket.proxy.faults = [Fault("GET", "", (404, b""), times=10_000)]
    for key in KEYS:
        if _is_plain(key):
            with pytest.raises(OSError):
                quick.read(key, None, "")
            assert bucket.proxy.requests[-1][1] == f"/{bucket.name}/{quote(key, safe='/~')}"


@pytest.mark.parametrize("key", ["a//b", "/a", "a/", "a/./b", "../a", "a\x01", "a\u2028b", "a\udc80"])
def test_names_that_obstore_would_mend_are_botocores(key):
    assert not _is_plain(key)


def test_what_answers_otherwise_is_asked_no_more(bucket):
    url = bucket.put("a.jpg", b"content")
    of_all = objects(bucket)
    bucket.proxy.faults = [Fault("GET", "a.jpg", "short", times=1, after=after) for after in (1, 2, 3)]
    for requests in (2, 4, 6, 7, 8):
        assert of_all.read(url, None) == b"content"
        assert bucket.proxy.count("GET") == requests
    assert not is_quick(of_all, bucket)


def test_a_moment_of_trouble_is_not_held_against_it(bucket):
    url = bucket.put("a.jpg", b"content")
    of_all = objects(bucket)
    bucket.proxy.faults = [Fault("GET", "a.jpg", (503, b""), after=1)]
    assert (of_all.read(url, None), is_quick(of_all, bucket)) == (b"content", False)
    assert (of_all.read(url, None), is_quick(of_all, bucket)) == (b"content", True)


@pytest.mark.parametrize(
    "settings",
    [
        {"s3_additional_kwargs": {"RequestPayer": "requester"}},
        {"config_kwargs": {"proxies": {"https": "http://127.0.0.1:9"}}},
        {"config_kwargs": {"signature_version": "s3"}},
    ],
    ids=["requester pays", "a proxy", "an old signature"],
)
def test_what_obstore_cannot_do_is_left_to_botocore(bucket, settings):
    url = bucket.put("a.jpg", b"content")
    of_all = objects(bucket, **settings)
    assert (of_all.read(url, None), of_all.read(url, None)) == (b"content", b"content")
    assert not is_quick(of_all, bucket)


def test_without_obstore_all_goes_as_before(bucket, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("obstore")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "obstore", None)
    url = bucket.put("a.jpg", b"content")
    of_all = objects(bucket)
    assert (of_all.read(url, None), of_all.read(url, None)) == (b"content", b"content")
    assert not is_quick(of_all, bucket)


def test_the_environment_does_not_mislead_it(bucket, monkeypatch):
    for name, value in (("ENDPOINT_URL_S3", "http://127.0.0.1:9"), ("SKIP_SIGNATURE", "true"), ("REQUEST_PAYER", "1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    url = bucket.put("a.jpg", b"content")
    of_all = objects(bucket)
    of_all.read(url, None)
    assert is_quick(of_all, bucket)
    bucket.proxy.headers.clear()
    of_all.read(url, None)
    (sent,) = bucket.proxy.headers
    assert "Credential=a/" in sent["Authorization"]
    assert "x-amz-request-payer" not in sent


def test_a_public_bucket_is_asked_without_a_name(bucket):
    url = bucket.put("a.jpg", b"content")
    bucket._call("put_bucket_acl", ACL="public-read")
    bucket._call("put_object_acl", Key="a.jpg", ACL="public-read")
    of_all = objects(bucket, anon=True)
    bucket.proxy.headers.clear()
    assert (of_all.read(url, None), of_all.read(url, None)) == (b"content", b"content")
    assert is_quick(of_all, bucket)
    assert ["Authorization" in sent for sent in bucket.proxy.headers] == [False] * 3


class _Rotating:
    """Credentials that are others each time that somebody asks, until there are no more."""

    def __init__(self):
        self.left = ["one", "two", "three"]

    async def get_frozen_credentials(self):
        if not self.left:
            from botocore.exceptions import CredentialRetrievalError

            raise CredentialRetrievalError(provider="a role", error_msg="the role has gone")
        return SimpleNamespace(access_key=self.left.pop(0), secret_key="b", token="t")


def test_credentials_are_botocores_and_are_asked_for_again(bucket, monkeypatch):
    monkeypatch.setattr(s3_quickly, "_VALID", datetime.timedelta(seconds=0))
    url = bucket.put("a.jpg", b"content")
    of_all = objects(bucket)
    of_all._fs.connect()
    of_all._fs.s3._request_signer._credentials = _Rotating()
    bucket.proxy.headers.clear()
    assert [of_all.read(url, None) for _ in range(2)] == [b"content"] * 2
    used = [sent["Authorization"].split("Credential=")[1].split("/")[0] for sent in bucket.proxy.headers]
    assert used == ["one", "two", "three"]
    assert {sent["x-amz-security-token"] for sent in bucket.proxy.headers} == {"t"}
    with pytest.raises(Exception, match="the role has gone") as error:
        of_all.read(url, None)
    assert type(error.value).__name__ == "CredentialRetrievalError"


def test_where_a_bucket_is_comes_from_botocore(environment):
    from s3fs import S3FileSystem

    fs = S3FileSystem(skip_instance_cache=True, client_kwargs={"region_name": "eu-west-1"})
    fs.connect()
    headers = {"Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/eu-central-1/s3/aws4_request, Signed"}
    request = SimpleNamespace(url="https://photos.s3.eu-central-1.amazonaws.com/a%20b.jpg", headers=headers)
    found = quick_bucket(fs, "photos", request, "a b.jpg")._store.config
    assert found["endpoint"] == "https://photos.s3.eu-central-1.amazonaws.com"
    assert found["region"] == "eu-central-1"
    express = {"Authorization": headers["Authorization"].replace("/s3/", "/s3express/")}
    assert quick_bucket(fs, "photos", SimpleNamespace(url=request.url, headers=express), "a b.jpg") is None


def test_an_authority_of_ones_own_is_trusted(bucket, s3_port, tmp_path):
    url = bucket.put("a.jpg", b"content")
    authority = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority)
    with Proxy(s3_port, context) as proxy:
        of_all = objects(SimpleNamespace(proxy=proxy), client_kwargs={"verify": str(authority)})
        assert (of_all.read(url, None), of_all.read(url, None)) == (b"content", b"content")
        assert is_quick(of_all, bucket)
        trusting = objects(SimpleNamespace(proxy=proxy), client_kwargs={"verify": False})
        assert trusting.read(url, None) == b"content"
        assert is_quick(trusting, bucket)


def _certificate(folder):
    """A file with a key and a certificate that vouches for itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "here")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    builder = builder.add_extension(names, critical=False)
    encoding = serialization.Encoding.PEM
    path = folder / "authority.pem"
    path.write_bytes(
        key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + builder.sign(key, hashes.SHA256()).public_bytes(encoding)
    )
    return path
