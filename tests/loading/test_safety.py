"""Nothing that is there is touched, nothing half-written bears a final name, nothing is left behind."""

import io
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gpu_im2rec.errors import OutputExistsError, RecordError, UsageError
from gpu_im2rec.loading.unpacking import unpack
from gpu_im2rec.recordio import RecordWriter, pack_header, part_folder
from tests.breaking.faults import Faults, Killed
from tests.breaking.test_full_disk import ON_A_SMALL_DISK
from tests.loading.test_unpacking import PICTURE


@pytest.fixture
def rec(tmp_path):
    path = tmp_path / "a.rec"
    with RecordWriter(path) as writer:
        for number in range(6):
            writer.append(number, pack_header(number, [number % 2 + number // 4 / 2], packed=False), PICTURE)
    return path


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_is_written(rec, tmp_path):
    told = []
    report = unpack(str(rec), str(tmp_path / "out"), progress=lambda done, total: told.append((done, total)))
    assert names(tmp_path) == ["a.idx", "a.rec", "out", "out.lst"]
    assert (report.folder, report.list) == (tmp_path / "out", tmp_path / "out.lst")
    assert report.list.read_text() == (
        "0\t0\t0/0.jpg\n1\t1\t1/1.jpg\n2\t0\t0/2.jpg\n3\t1\t1/3.jpg\n"
        "4\t0.5\trecords-0-999/4.jpg\n5\t1.5\trecords-0-999/5.jpg\n"
    )
    size = rec.stat().st_size
    assert told == [(0, size), (size, size)]


def test_an_empty_folder_is_as_good_as_none(rec, tmp_path):
    (tmp_path / "out").mkdir()
    assert unpack(rec, tmp_path / "out").pictures == len(contents(tmp_path / "out")) == 6


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda home: (home / "out" / "mine").mkdir(parents=True), "out is there already, and no empty folder"),
        (lambda home: (home / "out").write_bytes(b"mine"), "out is there already, and no empty folder"),
        (lambda home: (home / "out").symlink_to(home / "nowhere"), "out is there already, and no empty folder"),
        (lambda home: (home / "out").symlink_to((home / "x").mkdir() or home / "x"), "and no empty folder"),
        (lambda home: (home / "out.lst").write_bytes(b"mine"), r"out\.lst is there already"),
        (lambda home: (home / "out.lst").symlink_to("nowhere"), r"out\.lst is there already"),
        (lambda home: (home / "out.part" / "mine").mkdir(parents=True), r"out\.part is there already.*remove it"),
        (lambda home: (home / "out.lst.part").write_bytes(b"mine"), r"out\.lst\.part is there already.*remove it"),
    ],
)
def test_what_is_there_is_refused_and_kept(rec, tmp_path, make, words):
    make(tmp_path)
    before, listed = contents(tmp_path), names(tmp_path)
    with pytest.raises(OutputExistsError, match=words):
        unpack(rec, tmp_path / "out")
    assert (contents(tmp_path), names(tmp_path)) == (before, listed)


@pytest.mark.parametrize("folder", ["", ".", "..", "nowhere/out"])
def test_folders_that_cannot_be(rec, tmp_path, monkeypatch, folder):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError):
        unpack(rec, folder)
    assert names(tmp_path) == ["a.idx", "a.rec"]


def test_a_mount_point_is_no_empty_folder():
    mounts = [Path(name) for name in ("/proc", "/dev/shm") if Path(name).is_mount()]
    assert not any(part_folder._may_be_replaced(path) for path in mounts)


@pytest.mark.parametrize("cut", [1, 30, 100])
def test_a_damaged_file(rec, tmp_path, cut):
    rec.write_bytes(rec.read_bytes()[:-cut])
    with pytest.raises(RecordError, match=r"a\.rec: offset \d+: .*`gpu-im2rec repair \S*a\.rec FIXED\.rec` saves"):
        unpack(rec, tmp_path / "out")
    assert names(tmp_path) == ["a.idx", "a.rec"]


@pytest.mark.parametrize("payload", [None, b"text", pack_header(0, [0, 1], packed=True)])
def test_a_file_without_pictures(tmp_path, payload):
    with RecordWriter(tmp_path / "a.rec") as writer:
        if payload:
            writer.append(0, b"", payload)
    with pytest.raises(RecordError, match=r"a\.rec: no record holds a picture"):
        unpack(tmp_path / "a.rec", tmp_path / "out")
    with pytest.raises(RecordError, match=r"none\.rec: no such record file"):
        unpack(tmp_path / "none.rec", tmp_path / "out")
    assert names(tmp_path) == ["a.idx", "a.rec"]


def test_a_system_that_writes_a_little_at_a_time(rec, tmp_path, monkeypatch):
    class File(io.FileIO):
        def write(self, data):
            return super().write(memoryview(data)[:10])

    monkeypatch.setattr(part_folder.io, "FileIO", File)
    unpack(rec, tmp_path / "out")
    assert set(contents(tmp_path / "out").values()) == {PICTURE}


def interrupt(done, total):
    raise KeyboardInterrupt


def test_ctrl_c_leaves_nothing(rec, tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(KeyboardInterrupt):
        unpack(rec, tmp_path / "out", progress=interrupt)
    assert names(tmp_path) == ["a.idx", "a.rec", "out"]


def test_ctrl_c_again_says_what_is_left(rec, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "rmtree", lambda path: interrupt(0, 0))
    with pytest.raises(KeyboardInterrupt, match=r"out\.part is left; remove it"):
        unpack(rec, tmp_path / "out", progress=interrupt)


def test_another_run_s_folder_is_not_removed(rec, tmp_path):
    def take_over(done, total):
        (tmp_path / "out.part").rename(tmp_path / "moved")
        (tmp_path / "out.part").mkdir()
        interrupt(0, 0)

    with pytest.raises(KeyboardInterrupt):
        unpack(rec, tmp_path / "out", progress=take_over)
    assert names(tmp_path) == ["a.idx", "a.rec", "moved", "out.part"]


def test_a_folder_that_is_filled_meanwhile(rec, tmp_path):
    def fill(done, total):
        (tmp_path / "out" / "mine").mkdir(parents=True, exist_ok=True)

    with pytest.raises(OSError, match="not empty"):
        unpack(rec, tmp_path / "out", progress=fill)
    assert names(tmp_path) == ["a.idx", "a.rec", "out"]


class FaultsOfFolders(Faults):
    """With the calls that only folders need."""

    def install(self, monkeypatch):
        super().install(monkeypatch)

        def struck(kind, real):
            def call(path, *arguments):
                self.strike(kind, path)
                return real(path, *arguments)

            return call

        monkeypatch.setattr(Path, "mkdir", struck("mkdir", Path.mkdir))
        monkeypatch.setattr(Path, "rmdir", struck("rmdir", Path.rmdir))
        monkeypatch.setattr(shutil, "rmtree", struck("rmtree", shutil.rmtree))
        monkeypatch.setattr(part_folder, "_sync_file_system", struck("sync", part_folder._sync_file_system))


def run(rec, home, at=-1, **how):
    """A run in an empty folder whose call number ``at`` fails → what it did, whether it raised."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    faults = FaultsOfFolders(home, at, **how)
    raised = None
    with pytest.MonkeyPatch.context() as patch:
        faults.install(patch)
        try:
            unpack(rec, home / "out")
        except (OSError, Killed) as error:
            raised = error
    return faults.calls, raised


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks /proc for names")
@pytest.mark.parametrize("how", [{}, {"lasting": True}, {"killing": True}])
def test_any_call_may_fail_or_be_the_last(rec, tmp_path, how):
    home = tmp_path / "home"
    calls, _ = run(rec, home)
    whole = contents(home)
    assert len(calls) > 15
    assert {call.split()[0] for call in calls} == {"mkdir", "write", "fsync", "sync", "rmdir", "rename"}
    for number, call in enumerate(calls):
        _, error = run(rec, home, number, **how)
        left = names(home)
        final = [name for name in left if not name.endswith(".part")]
        assert final in ([], ["out"], ["out", "out.lst"]), call
        if final:  # the folder is whole, and so is its list
            (home / "out.lst.part").exists() and finish_as_told(rec, home)
            assert contents(home) == whole, call
        elif not how.get("killing"):
            assert error.filename.startswith(str(home)), call
            assert left == [], call
        else:
            take_away(rec, home)


def finish_as_told(rec, home):
    with pytest.raises(OutputExistsError, match=r"rename (\S*out\.lst\.part) to (\S*out\.lst)$"):
        unpack(rec, home / "out")
    (home / "out.lst.part").rename(home / "out.lst")


def take_away(rec, home):
    """What a killed run left, one by one, as the messages say."""
    for part in ("out.part", "out.lst.part"):
        if (home / part).exists():
            with pytest.raises(OutputExistsError, match=rf"{part} is there already.*remove it"):
                unpack(rec, home / "out")
            shutil.rmtree(home / part) if (home / part).is_dir() else (home / part).unlink()
    assert unpack(rec, home / "out").pictures == 6


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="mounts a disk")
@pytest.mark.parametrize("limit", ["size=64k", "nr_inodes=20"])
def test_a_disk_that_is_full(tmp_path, limit):
    if not shutil.which("unshare") or subprocess.run([*ON_A_SMALL_DISK, "true"], capture_output=True).returncode:
        pytest.skip("no mount namespaces here")
    disk, rec = tmp_path / "disk", tmp_path / "a.rec"
    disk.mkdir()
    with RecordWriter(rec) as writer:
        for number in range(40):
            writer.append(number, pack_header(number, [1.0], packed=False), PICTURE[:-2] + bytes(5000) + b"\xff\xd9")
    code = f"""
import subprocess
subprocess.run(["mount", "-t", "tmpfs", "-o", {limit!r}, "tmpfs", {str(disk)!r}], check=True)
from gpu_im2rec.cli import app
from pathlib import Path
import sys
sys.argv[1:] = ["unpack", {str(rec)!r}, {str(disk / "out")!r}]
try:
    app.main()
except SystemExit as error:
    print(error.code, *Path({str(disk)!r}).iterdir())
"""
    done = subprocess.run([*ON_A_SMALL_DISK, sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
    assert done.stderr.startswith(f"error: {disk}/out.part/1/")
    assert done.stderr.endswith(".jpg: No space left on device; make room there\n")


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal(tmp_path, number, code):
    rec = tmp_path / "a.rec"
    with RecordWriter(rec) as writer:
        for index in range(100_000):
            writer.append(index, pack_header(index, [index % 50], packed=False), PICTURE)

    def heed():
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

    command = [sys.executable, "-m", "gpu_im2rec", "unpack", rec, tmp_path / "out"]
    child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=heed)
    try:
        while not (tmp_path / "out.part" / "40").exists() and child.poll() is None:
            os.sched_yield()
        child.send_signal(number)
        _, said = child.communicate(timeout=60)
    finally:
        child.kill()
    assert (child.returncode, said) == (code, "interrupted; nothing half-written is left\n")
    assert names(tmp_path) == ["a.idx", "a.rec"]
