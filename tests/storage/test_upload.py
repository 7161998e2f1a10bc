"""Files of a storage that are not there until they are complete."""

import threading
import tracemalloc

import pytest

from gpu_im2rec.errors import StorageError
from gpu_im2rec.recordio.digest import Digest, digest_of
from gpu_im2rec.storage import UnreachableError, Upload, Url, exists, multipart, read, remove
from gpu_im2rec.storage import patience as patience_module
from tests.storage.faulty import DENIED, EXPIRED, SLOW_DOWN, Fault

MB = 1 << 20
BLOCKS = [bytes([number]) * MB for number in range(11)]  # three parts


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """As small as S3 allows."""
    monkeypatch.setattr(multipart, "_PART_BYTES", 5 * MB)


def begun(bucket, name="out.rec", **options):
    return Upload(Url(f"{bucket.url}/{name}"), **options)


def filled(bucket, name="out.rec", blocks=BLOCKS):
    upload = begun(bucket, name)
    for block in blocks:
        upload.write([block[:1000], memoryview(block)[1000:]])
    return upload


@pytest.mark.parametrize(
    "blocks", [[], [b""], [b"x"], BLOCKS[:5], BLOCKS], ids=["none", "empty", "small", "one", "three"]
)
def test_it_is_there_when_it_is_committed(bucket, blocks):
    upload = begun(bucket)
    for block in blocks:
        upload.write([block])
    assert upload.size == sum(map(len, blocks))
    upload.finish()
    upload.finish()
    assert bucket.names() == []
    upload.commit()
    assert read(f"{bucket.url}/out.rec") == b"".join(blocks)
    upload.discard()  # which has nothing to do any more
    assert bucket.names() == ["out.rec"]
    assert bucket.open_uploads() == []


@pytest.mark.parametrize("ends", ["early", "finished"])
def test_what_is_discarded_leaves_nothing(bucket, ends):
    upload = filled(bucket)
    upload.sync()
    assert bucket.open_uploads() == ["out.rec"]
    if ends == "finished":
        upload.finish()
    upload.discard()
    upload.discard()
    assert (bucket.names(), bucket.open_uploads()) == ([], [])


@pytest.mark.parametrize("does", [(500, b""), (503, SLOW_DOWN), "reset", "lost"], ids=["500", "503", "reset", "lost"])
@pytest.mark.parametrize(("method", "path"), [("POST", "?uploads"), ("PUT", "partNumber=2"), ("POST", "?uploadId=")])
def test_what_may_pass_is_tried_again(bucket, method, path, does):
    bucket.proxy.faults = [Fault(method, path, does, times=2)]
    upload = filled(bucket)
    upload.finish()
    upload.commit()
    assert read(f"{bucket.url}/out.rec") == b"".join(BLOCKS)
    if (method, does) != ("POST", "lost"):  # of which an upload may be left that nobody knows the name of
        assert bucket.open_uploads() == []


def test_a_small_file_is_tried_again_too(bucket):
    bucket.proxy.faults = [Fault("PUT", "out.rec", (503, SLOW_DOWN), times=2)]
    upload = filled(bucket, blocks=[b"small"])
    upload.finish()
    upload.commit()
    assert read(f"{bucket.url}/out.rec") == b"small"


@pytest.mark.parametrize(
    ("does", "error"),
    [((403, DENIED), PermissionError), ((403, EXPIRED), StorageError), ((500, b""), UnreachableError)],
    ids=["denied", "expired", "500"],
)  # fmt: skip
def test_what_does_not_pass_ends_it(bucket, does, error, monkeypatch):
    monkeypatch.setattr(patience_module, "TRIES", 3)
    bucket.proxy.faults = [Fault("PUT", "partNumber=2", does, times=100)]
    upload = begun(bucket)
    with pytest.raises(error, match=r"out\.rec"):
        for block in BLOCKS * 3:
            upload.write([block])
        upload.finish()
    upload.discard()
    assert (bucket.names(), bucket.open_uploads()) == ([], [])


def test_another_file_that_is_there_is_not_taken_for_ours(bucket, monkeypatch):
    monkeypatch.setattr(patience_module, "TRIES", 2)
    url = bucket.put("out.rec", b"of another run")
    upload = filled(bucket)
    upload.finish()
    upload._way.abort(patience_module.Patience())  # as a rule of the bucket does after some days
    upload._way._upload_id = "gone"
    with pytest.raises(OSError, match=r"out\.rec"):
        upload.commit()
    assert read(url) == b"of another run"


def test_writing_waits_for_the_network_and_memory_is_bounded(bucket):
    bucket.proxy.latency = 0.05
    block = bytes(MB)
    upload = begun(bucket)
    upload.write([block])
    tracemalloc.start()
    for _ in range(120):
        upload.write([block])
    upload.finish()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    upload.discard()
    parts = multipart.Multipart.parallel
    assert most < 3 * (parts + 2) * 5 * MB  # with what the proxy holds, in this process, too


def test_parts_grow_so_that_they_suffice(bucket):
    sizes = [begun(bucket)._way.part_bytes(number) for number in range(10_000)]
    assert sizes[0] == 5 * MB
    assert sum(sizes) > 1e12
    assert max(sizes) < 5 << 30


def test_discarding_from_another_thread_ends_the_writing(bucket):
    bucket.proxy.silence = 0.3
    bucket.proxy.faults = [Fault("PUT", "partNumber", "silent", times=1000)]
    upload = begun(bucket)
    ended = threading.Event()

    def work():
        try:
            while True:
                upload.write([bytes(MB)])
        except BaseException:
            ended.set()

    threading.Thread(target=work, daemon=True).start()
    upload_began = threading.Event()
    bucket.proxy.before = lambda method, path: upload_began.set() if "partNumber" in path else None
    assert upload_began.wait(10)
    upload.discard()
    assert ended.wait(10)
    assert (bucket.names(), bucket.open_uploads()) == ([], [])


def test_digest_and_beats(bucket, tmp_path):
    beats = []
    upload = begun(bucket, digest=Digest(), beat=lambda: beats.append(1))
    for block in BLOCKS:
        upload.write([block])
    upload.finish()
    (tmp_path / "same").write_bytes(b"".join(BLOCKS))
    assert upload.digest() == digest_of(tmp_path / "same")
    assert len(beats) == 3
    upload.discard()


def test_what_may_not_be_aborted_is_told(bucket):
    bucket.proxy.faults = [Fault("DELETE", "uploadId", (403, DENIED), times=100)]
    upload = filled(bucket)
    upload.sync()
    upload.discard()
    assert upload.left.startswith(f"{bucket.url}/out.rec: what was sent of it stays in the storage, unseen: Access")
    assert bucket.names() == []


def test_removing_what_is_not_there_needs_no_permission(bucket):
    url = bucket.put("a.idx", b"x")
    bucket.proxy.faults = [Fault("DELETE", "", (403, DENIED), times=100)]
    with pytest.raises(PermissionError):
        remove(url)
    remove(f"{bucket.url}/none.idx")


def test_what_looks_like_a_version_is_a_name(bucket):
    url, other = bucket.put("a.rec?versionId=1", b"x"), bucket.put("a.rec", b"y")
    remove(url)
    assert not exists(url)
    assert exists(other)


def test_removing(bucket):
    url = bucket.put("a b#.idx", b"x")
    assert exists(url)
    remove(url)
    remove(url)
    assert not exists(url)


@pytest.mark.parametrize("error", [ConnectionError("reset"), None], ids=["reset", "gone"])
def test_a_file_is_not_taken_for_renamed(error, environment, monkeypatch):
    """Where its storage does not answer for a moment, or somebody has removed it."""
    upload = Upload(Url("memory://folder/new.rec"))
    upload.write([b"new"])
    upload.finish()
    fs = upload._way._fs
    if error:
        answers = iter([error])
        info = fs.info

        def faulty(path, **options):
            for once in answers:
                raise once
            return info(path, **options)

        monkeypatch.setattr(fs, "info", faulty)
        upload.commit()
        assert read("memory://folder/new.rec") == b"new"
        remove("memory://folder/new.rec")
    else:
        fs.rm_file("/folder/new.rec.part")
        with pytest.raises(FileNotFoundError, match=r"new\.rec"):
            upload.commit()


def test_a_storage_without_such_uploads_renames():
    upload = Upload(Url("memory://folder/out.rec"))
    for block in BLOCKS:
        upload.write([block])
    upload.finish()
    assert not exists("memory://folder/out.rec")
    assert exists("memory://folder/out.rec.part")
    upload.commit()
    assert read("memory://folder/out.rec") == b"".join(BLOCKS)
    assert not exists("memory://folder/out.rec.part")
    other = Upload(Url("memory://folder/out.rec"))
    other.write([b"new"])
    other.finish()
    other.discard()
    assert not exists("memory://folder/out.rec.part")
    assert read("memory://folder/out.rec", limit=1 << 30) == b"".join(BLOCKS)
    remove("memory://folder/out.rec")
