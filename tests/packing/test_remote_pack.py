"""Runs whose list, pictures and output are on S3: the same bytes as on this machine, or nothing."""

import json
import signal
import subprocess
import sys
import threading

import pytest

from gpu_im2rec.errors import (
    ListError,
    OutputExistsError,
    ResumeError,
    StalledError,
    StorageError,
    TooManyFailuresError,
    UsageError,
)
from gpu_im2rec.packing import FailureLimit, PackOptions, Part, dry_run, pack
from gpu_im2rec.storage import patience, read
from gpu_im2rec.transcode import TranscodeSpec
from tests.conftest import heed_ctrl_c
from tests.storage.faulty import DENIED, SLOW_DOWN, Fault

SPEC = TranscodeSpec(resize=48)
FILES = ["out.crc", "out.idx", "out.rec", "out.report.json"]


@pytest.fixture
def there(bucket, photo_folder):
    """The pictures and their list in a bucket: its URL, and what a run on this machine makes of them."""
    photo_folder.add("missing.jpg", None)
    photo_folder.add("zz é #?%.jpg", (photo_folder.root / "00.jpeg").read_bytes())
    for path in photo_folder.root.iterdir():
        bucket.put(f"photos/{path.name}", path.read_bytes())
    bucket.put("image.lst", photo_folder.list.read_bytes())
    pack(photo_folder.list, photo_folder.root, photo_folder.out, PackOptions(SPEC, checksums=True))
    return bucket


def packed(there, out="out.rec", progress=None, **options):
    options = PackOptions(SPEC, checksums=True, **options)
    return pack(f"{there.url}/image.lst", f"{there.url}/photos", f"{there.url}/{out}", options, progress=progress)


def outputs(there):
    return sorted(name for name in there.names() if name.startswith("out"))


def same(there, folder, names=("out.rec", "out.idx", "out.crc")):
    for name in names:
        assert read(f"{there.url}/{name}") == (folder.out.parent / name).read_bytes(), name


def test_the_same_bytes_as_on_this_machine(there, photo_folder):
    report = packed(there)
    same(there, photo_folder)
    assert (str(report.rec), report.packed, report.failed) == (f"{there.url}/out.rec", 13, 1)
    found = json.loads(read(str(report.report)))
    assert found["result"]["rec"] == f"{there.url}/out.rec"
    assert found["options"]["list"] == f"{there.url}/image.lst"
    assert json.loads(read(str(report.failures)))["reason"] == "missing"
    assert there.open_uploads() == []


def test_whatever_happens_on_the_way(there, photo_folder):
    faults = [("GET", "image.lst", (500, b"")), ("GET", "image.lst", "cut"), ("PUT", "out.rec", "reset")]
    faults += [
        ("GET", f"photos/{number:02}", does)
        for number, does in enumerate(["cut", "reset", (503, SLOW_DOWN), (500, b"")])
    ]
    there.proxy.faults = [Fault(*fault, times=2) for fault in faults]
    there.proxy.faults += [Fault("PUT", "out.idx", (503, SLOW_DOWN), 2), Fault("DELETE", "", (500, b""), 2)]
    packed(there)
    same(there, photo_folder)


def test_only_a_part_of_the_list_is_fetched(there, photo_folder):
    whole = Part(1, 3).span(photo_folder.list)
    here = PackOptions(SPEC, checksums=True, part=Part(1, 3, cut=whole))
    pack(photo_folder.list, photo_folder.root, photo_folder.out, here)
    report = packed(there, part=Part(1, 3, cut=whole))
    name = "out-00001-of-00003.rec"
    assert read(f"{there.url}/{name}") == (photo_folder.out.parent / name).read_bytes()
    described = json.loads(read(str(report.report)))["files"]
    assert described == json.loads((photo_folder.out.parent / "out-00001-of-00003.report.json").read_bytes())["files"]
    assert report.packed == 5


def test_an_output_that_is_there_is_replaced_only_when_asked(there, photo_folder):
    packed(there)
    with pytest.raises(OutputExistsError, match=r"out\.rec is already there; --overwrite"):
        packed(there)
    there.put("out.report.html", b"of the run before")
    packed(there, overwrite=True)
    same(there, photo_folder)
    assert "out.report.html" not in there.names()


def test_what_is_beside_the_records_goes_before_new_ones_come(there):
    for name in ("out.rec", "out.idx", "out.crc", "out.failures.jsonl", "out.report.json"):
        there.put(name, b"old")
    seen = []

    def look(method, path):
        if method == "PUT" and path.endswith("/out.rec"):
            there.proxy.before = lambda method, path: None
            seen.extend(outputs(there))

    there.proxy.before = look
    packed(there, overwrite=True)
    assert seen == ["out.rec"]


def test_records_first_and_the_report_last(there):
    packed(there)
    sent = [path.rpartition("/")[2] for method, path in there.proxy.requests if method == "PUT"]
    assert sent == ["out.rec", "out.idx", "out.crc", "out.failures.jsonl", "out.report.json"]


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"resume": True}, UsageError, "--staging DIR"),
        ({"append": True}, UsageError, "--append"),
        ({"staging": "/no/such"}, UsageError, "no such folder for --staging"),
    ],
)
def test_what_a_remote_output_cannot_do(there, options, error, words):
    with pytest.raises(error, match=words):
        packed(there, **options)
    assert outputs(there) == []


def test_a_key_that_may_not_list_is_told_what_it_lacks(there, photo_folder):
    there.proxy.faults = [Fault("HEAD", "out", (403, b""), times=100), Fault("GET", "out", (403, DENIED), times=1)]
    with pytest.raises(StorageError, match=r"out\.rec: the storage does not tell whether it is there: .*--overwrite"):
        packed(there)
    packed(there, overwrite=True)
    same(there, photo_folder)


def test_the_first_trouble_is_told_and_what_it_leaves_behind(there, folder, jpeg):
    there.put("photos/large.jpg", jpeg + bytes(9 << 20))
    there.put("image.lst", b"0\t0\tlarge.jpg\n1\t0\tgone.jpg\n")
    there.proxy.faults = [Fault("DELETE", "uploadId", (403, DENIED), times=100)]
    options = PackOptions(TranscodeSpec(pass_through=True), max_failures=FailureLimit(count=0))
    with pytest.raises(TooManyFailuresError) as error:
        pack(f"{there.url}/image.lst", f"{there.url}/photos", f"{there.url}/out.rec", options)
    assert "out.rec: what was sent of it stays in the storage, unseen: Access Denied" in error.value.__notes__[0]


def test_schemes_in_large_letters(there, photo_folder):
    urls = (f"{there.url}/{name}".replace("s3:", "S3:") for name in ("image.lst", "photos", "out.rec"))
    report = pack(*urls, PackOptions(SPEC, checksums=True))
    assert str(report.rec) == f"{there.url}/out.rec"
    same(there, photo_folder)


def test_urls_that_make_no_sense(there, photo_folder):
    here = (photo_folder.list, photo_folder.root)
    with pytest.raises(UsageError, match="for reading"):
        pack(*here, "https://host/out.rec")
    with pytest.raises(UsageError, match="for reading"):
        pack(*here, "HTTPS://host/out.rec")
    with pytest.raises(UsageError, match=r"sftp://user:…@host/out\.rec: reports name the output"):
        pack(*here, "sftp://user:secret@host/out.rec")
    with pytest.raises(UsageError, match="file name"):
        pack(*here, there.url)
    with pytest.raises(UsageError, match="is a folder"):
        pack(*here, f"{there.url}/records/")
    with pytest.raises(UsageError, match="on this machine"):
        pack(*here, photo_folder.out, PackOptions(staging=str(photo_folder.root)))
    with pytest.raises(UsageError, match="overwritten by this very run"):
        pack(f"{there.url}/x.failures.jsonl", photo_folder.root, f"{there.url}/x.rec") if there.put(
            "x.failures.jsonl", photo_folder.list.read_bytes()
        ) else None
    with pytest.raises(ListError, match=f"{there.url}/none.lst: the list cannot be read: no such file. Check"):
        pack(f"{there.url}/none.lst", photo_folder.root, photo_folder.out)


def test_a_list_that_does_not_come_is_not_said_to_be_called_otherwise(there, photo_folder, monkeypatch):
    monkeypatch.setattr(patience, "TRIES", 1)
    there.proxy.faults = [Fault("GET", "image.lst", (503, SLOW_DOWN))]
    with pytest.raises(ListError, match=r"cannot be read: Please reduce your request rate. \(SlowDown\)$"):
        pack(f"{there.url}/image.lst", photo_folder.root, photo_folder.out)


def test_messages_name_the_url_of_the_list(there, photo_folder):
    url = there.put("bad.lst", b"0\tno\n")
    with pytest.raises(ListError, match=rf"^{url}:1: "):
        pack(url, photo_folder.root, f"{there.url}/bad.rec", PackOptions(on_error="fail"))


@pytest.mark.parametrize("path", ["out.rec", "out.idx"])
def test_a_storage_that_refuses_the_output_gets_none(there, path):
    there.proxy.faults = [Fault("PUT", path, (403, DENIED), times=100)]
    with pytest.raises(PermissionError):
        packed(there)
    assert outputs(there) == (["out.rec"] if path == "out.idx" else [])


def test_a_storage_that_goes_away_ends_the_run_and_leaves_nothing(there, monkeypatch):
    monkeypatch.setattr(patience, "TRIES", 2)
    there.proxy.faults = [Fault("GET", "photos", "reset", times=1000, after=6)]
    with pytest.raises(StorageError, match="no other picture"):
        packed(there, read_threads=1)
    assert outputs(there) == []


def test_a_standstill_leaves_nothing(there):
    there.proxy.silence = 1.5
    there.proxy.faults = [Fault("GET", "photos/05", "silent", times=1)]
    with pytest.raises(StalledError):
        packed(there, stall_timeout=0.6)
    assert (outputs(there), there.open_uploads()) == ([], [])


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_ends_in_mid_upload_leaves_no_file(bucket, number, folder, jpeg):
    for _ in range(300):
        folder.add("large.jpg", jpeg + bytes(3 << 20))
    arrived = threading.Event()
    bucket.proxy.before = lambda method, path: arrived.set() if "partNumber=2" in path else None
    words = ["pack", folder.list, folder.root, f"{bucket.url}/out.rec", "--pass-through"]
    command = [sys.executable, "-m", "gpu_im2rec", *words]
    with subprocess.Popen(command, preexec_fn=heed_ctrl_c, stderr=subprocess.PIPE, text=True) as run:
        assert arrived.wait(60)
        run.send_signal(number)
        _, said = run.communicate(timeout=60)
    assert run.returncode == (130 if number == signal.SIGINT else -9)
    assert [name for name in bucket.names() if name.startswith("out")] == []
    if number == signal.SIGINT:
        assert "nothing half-written is left" in said
        assert bucket.open_uploads() == []


@pytest.fixture
def staging(tmp_path):
    (tmp_path / "staging").mkdir()
    return tmp_path / "staging"


def test_staging_makes_the_same_and_leaves_nothing_here(there, photo_folder, staging):
    moments = []
    report = packed(there, staging=str(staging), progress=moments.append)
    same(there, photo_folder)
    assert str(report.rec) == f"{there.url}/out.rec"
    assert json.loads(read(str(report.report)))["result"]["idx"] == f"{there.url}/out.idx"
    last = moments[-1].sent
    assert last.bytes == last.total > report.bytes_out
    assert list(staging.iterdir()) == []


def test_an_upload_that_fails_is_made_up_for_by_resume(there, photo_folder, staging):
    there.proxy.faults = [Fault("PUT", "out.idx", (403, DENIED))]
    with pytest.raises(PermissionError) as error:
        packed(there, staging=str(staging))
    assert "--resume sends them" in error.value.__notes__[0]
    assert (staging / "out.rec").read_bytes() == photo_folder.out.read_bytes()
    with pytest.raises(OutputExistsError):
        packed(there, staging=str(staging))
    there.proxy.requests.clear()
    report = packed(there, staging=str(staging), resume=True)
    assert there.proxy.count("GET", "photos") == 0
    assert report.was_there
    assert (report.packed, str(report.rec)) == (13, f"{there.url}/out.rec")
    same(there, photo_folder)
    assert list(staging.iterdir()) == []
    with pytest.raises(OutputExistsError):
        packed(there, staging=str(staging), resume=True)  # it is there, and nothing of it here


def test_a_run_that_ends_early_goes_on_in_staging(there, photo_folder, staging):
    there.proxy.faults = [Fault("GET", "photos/11", (403, DENIED))]
    with pytest.raises(TooManyFailuresError):
        packed(there, staging=str(staging), max_failures=FailureLimit(count=0), checkpoint_seconds=0.0, workers=1)
    assert (staging / "out.journal").exists()
    assert outputs(there) == []
    with pytest.raises(ResumeError, match="begun otherwise"):
        pack(
            f"{there.url}/image.lst", f"{there.url}/photos", f"{there.url}/out.rec",
            PackOptions(staging=str(staging), resume=True, checksums=True),
        )  # fmt: skip
    report = packed(there, staging=str(staging), resume=True)
    assert report.resumed_at > 0
    same(there, photo_folder)
    assert list(staging.iterdir()) == []


def test_only_the_output_or_only_the_list_is_remote(there, photo_folder):
    pack(photo_folder.list, photo_folder.root, f"{there.url}/out.rec", PackOptions(SPEC, checksums=True))
    same(there, photo_folder)
    out = photo_folder.out.parent / "other.rec"
    pack(f"{there.url}/image.lst", photo_folder.root, out, PackOptions(SPEC))
    assert out.read_bytes() == photo_folder.out.read_bytes()
    pack(
        f"file://{photo_folder.list}", f"file://{photo_folder.root}", f"file://{out}", PackOptions(SPEC, overwrite=True)
    )
    assert out.read_bytes() == photo_folder.out.read_bytes()


def test_a_remote_root_goes_on_here_too(there, photo_folder, tmp_path):
    here = tmp_path / "here.rec"
    there.proxy.faults = [Fault("GET", "photos/07", (403, DENIED))]
    options = PackOptions(SPEC, on_error="fail", workers=1, checkpoint_seconds=0.0)
    urls = (f"{there.url}/image.lst", f"{there.url}/photos")
    with pytest.raises(Exception, match=r"07\.png': unreadable: Access Denied"):
        pack(*urls, here, options)
    report = pack(*urls, here, PackOptions(SPEC, resume=True))
    assert report.resumed_at > 0
    assert here.read_bytes() == photo_folder.out.read_bytes()


def test_an_estimate(there):
    urls = (f"{there.url}/image.lst", f"{there.url}/photos")
    estimate = dry_run(*urls, f"{there.url}/out.rec", PackOptions(SPEC))
    assert (estimate.entries, estimate.free_bytes, estimate.sample_failures) == (14, None, {"missing": 1})
    assert outputs(there) == []


def test_a_local_run_loads_no_fsspec(photo_folder):
    script = (
        "import sys; from gpu_im2rec.packing import pack; pack(*sys.argv[1:]);"
        "assert not {'fsspec', 'botocore', 'aiohttp'} & set(sys.modules)"
    )
    arguments = [photo_folder.list, photo_folder.root, photo_folder.out]
    subprocess.run([sys.executable, "-c", script, *arguments], check=True)
