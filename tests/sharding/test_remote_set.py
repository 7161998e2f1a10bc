"""Sets whose list, pictures and shards are in a storage: the same bytes, each shard there when it is whole."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from gpu_im2rec import PackOptions, TranscodeSpec, pack
from gpu_im2rec.errors import ListError, NothingPackedError, OutputExistsError, StorageError, TooManyFailuresError
from gpu_im2rec.packing import Part
from gpu_im2rec.recordio.manifest import parse_manifest
from gpu_im2rec.sharding import Cut, pack_here, pack_shards
from gpu_im2rec.sharding.remote_set import RemoteSet
from gpu_im2rec.storage import UnreachableError, Url, patience, read
from tests.conftest import settled
from tests.storage.faulty import Fault

PLAIN = PackOptions(transcode=TranscodeSpec(pass_through=True))


@pytest.fixture
def local(photo_folder):
    """What a set on this machine holds."""
    pack_shards(photo_folder.list, photo_folder.root, photo_folder.out, Cut(count=3), PLAIN)
    files = [path for path in photo_folder.out.parent.glob("out*") if path.is_file()]
    return {path.name: settled(path.name, path.read_bytes()) for path in files}


@pytest.fixture
def there(bucket, photo_folder):
    """List and pictures, in the bucket."""
    for path in photo_folder.root.iterdir():
        bucket.put(f"photos/{path.name}", path.read_bytes())
    bucket.put("image.lst", photo_folder.list.read_bytes())
    return bucket


def packed(bucket, shards=3, runner=pack_here, **options):
    url, cut, asked = bucket.url, Cut(count=shards), replace(PLAIN, **options)
    return pack_shards(f"{url}/image.lst", f"{url}/photos", f"{url}/sets/out.rec", cut, asked, runner=runner)


def outputs(bucket) -> dict[str, bytes]:
    names = [name for name in bucket.names() if name.startswith("sets/")]
    return {name[5:]: settled(name, read(f"{bucket.url}/{name}")) for name in names}


def test_the_same_bytes_as_on_this_machine(there, local):
    report = packed(there)
    assert outputs(there) == local
    assert str(report.rec) == f"{there.url}/sets/out.manifest.json"
    assert (report.packed, report.shards) == (12, 3)
    assert there.open_uploads() == []


def test_made_here_first_and_sent(there, local, tmp_path):
    staging = tmp_path / "staging"
    staging.mkdir()
    packed(there, staging=str(staging))
    assert outputs(there) == local
    assert list(staging.iterdir()) == []


def test_where_it_is_made_depends_on_no_machines_own_folder(there, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "staging").mkdir()
    seen = []

    def runner(tasks, tell):
        seen.extend(task.options.staging for task in tasks)
        yield from pack_here(tasks, tell)

    packed(there, runner=runner, staging="staging")
    assert seen == [str(tmp_path / "staging")] * len(seen)


def test_a_task_reads_no_more_of_the_list_than_its_part(there):
    packed(there)
    ranges = [path for method, path in there.proxy.requests if method == "GET" and path.endswith("image.lst")]
    assert len(ranges) == 4  # once by the driver, which cuts it


def test_a_list_that_changes_on_the_way_makes_no_set(there, photo_folder):
    lines = photo_folder.list.read_text().splitlines(keepends=True)
    changed = "".join([*lines[6:], *lines[:6]]).encode()  # with as many bytes

    def change(method, path):
        if "/photos/" in path:
            there.proxy.before = lambda method, path: None
            there._call("put_object", Key="image.lst", Body=changed)

    there.proxy.before = change
    with pytest.raises(ListError, match=r"image\.lst has changed while it was packed"):
        packed(there)
    assert "out.manifest.json" not in outputs(there)
    packed(there, overwrite=True)
    assert "out.manifest.json" in outputs(there)


def test_failures_come_some_at_a_time(bucket):
    lines = b"x" * ((2 << 20) + 1)
    bucket.put("out-00000-of-00002.failures.jsonl", lines)
    here = SimpleNamespace(out=Url(f"{bucket.url}/out.rec"))
    blocks = list(RemoteSet.failures(here, Part(0, 2)))
    assert b"".join(blocks) == lines
    assert max(map(len, blocks)) <= 1 << 20
    assert not list(RemoteSet.failures(here, Part(1, 2)))


class TestGoingOn:
    @pytest.fixture
    def stopped(self, there):
        """A set of which two of three shards are whole."""
        there.proxy.faults = [Fault("PUT", "00002-of-00003.rec", (403, b""), times=1000)]
        with pytest.raises((OSError, StorageError)) as caught:
            packed(there)
        assert "2 of 3 shards are whole; --resume goes on" in caught.value.__notes__
        there.proxy.faults = []
        return there

    def test_what_is_whole_has_its_name_and_no_manifest(self, stopped):
        assert sorted(name for name in outputs(stopped) if name.endswith(".rec")) == [
            "out-00000-of-00003.rec",
            "out-00001-of-00003.rec",
        ]
        assert "out.manifest.json" not in outputs(stopped)
        assert stopped.open_uploads() == []

    def test_finished_shards_are_not_packed_again(self, stopped, local):
        stopped.proxy.requests.clear()
        packed(stopped, resume=True)
        assert outputs(stopped) == local
        sent = [path for method, path in stopped.proxy.requests if method in ("PUT", "POST") and "-of-" in path]
        assert sent
        assert all("00002-of-00003" in path for path in sent)

    def test_a_storage_that_is_away_is_not_taken_for_a_report_that_is(self, stopped, monkeypatch):
        monkeypatch.setattr(patience, "TRIES", 2)
        stopped.proxy.faults = [Fault("GET", "00000-of-00003.report", (500, b""), times=1000)]
        with pytest.raises(UnreachableError, match="500"):
            packed(stopped, resume=True)

    def test_credentials_that_expire_do_not_hide_what_ended_it(self, there):
        refused = Fault("PUT", "00002-of-00003.rec", (403, b""))
        expired = Fault("HEAD", "report", (401, b""), times=1000, after=6)  # twice each shard's, until the last begins
        there.proxy.faults = [refused, expired]
        with pytest.raises(PermissionError, match="00002-of-00003"):
            packed(there)
        assert expired.seen > 6

    def test_is_refused_without_resume(self, stopped):
        with pytest.raises(OutputExistsError, match="an unfinished set is there, 2 of its shards are whole"):
            packed(stopped)

    def test_starts_anew_with_overwrite(self, stopped, local):
        stopped.proxy.requests.clear()
        packed(stopped, overwrite=True)
        assert outputs(stopped) == local
        assert any("00000-of-00003.rec" in path for method, path in stopped.proxy.requests if method != "HEAD")


def test_parts_that_others_packed_are_made_a_set(there, local):
    url = there.url
    for number in range(3):
        options = replace(PLAIN, part=Part(number, 3))
        pack(f"{url}/image.lst", f"{url}/photos", f"{url}/sets/out.rec", options)
    there.proxy.requests.clear()
    packed(there, resume=True)
    assert outputs(there) == local
    assert not [path for method, path in there.proxy.requests if method != "DELETE" and path.endswith(".rec?uploads")]
    assert not [path for method, path in there.proxy.requests if "/photos/" in path]


class TestAnOlderSet:
    def test_is_refused(self, there):
        packed(there)
        with pytest.raises(OutputExistsError, match=r"out\.manifest\.json is already there"):
            packed(there)
        assert packed(there, resume=True).was_there

    def test_of_more_shards_goes_as_the_new_one_is_whole(self, there, local):
        packed(there, 5)
        there.proxy.faults = [Fault("PUT", "00002-of-00003.rec", (403, b""), times=1000)]
        with pytest.raises((OSError, StorageError)):
            packed(there, overwrite=True)
        assert "out.manifest.json" not in outputs(there)
        assert "out-00004-of-00005.rec" in outputs(there)
        there.proxy.faults = []
        packed(there, overwrite=True, resume=True)
        assert outputs(there) == local


def test_a_part_of_which_nothing_can_be_packed_has_no_shard(there, photo_folder):
    lines = photo_folder.list.read_text() + "".join(f"{number}\t0\tgone{number}.jpg\n" for number in range(12, 18))
    there.put("image.lst", lines.encode())
    report = packed(there)
    found = outputs(there)
    assert [shard.part for shard in parse_manifest(read(str(report.rec))).shards] == [0, 1]
    assert (report.shards, report.failed) == (2, 6)
    assert not [name for name in found if "00002-of" in name]
    assert found["out.failures.jsonl"].count(b"\n") == 6


def test_nothing_at_all_can_be_packed(there):
    there.put("image.lst", b"0\t0\tgone.jpg\n1\t0\tgone too.jpg\n")
    with pytest.raises(NothingPackedError):
        packed(there, 2)
    assert outputs(there) == {}


def test_the_limit_is_of_the_whole_list(there):
    there.put("image.lst", b"0\t0\t00.jpeg\n1\t0\tgone.jpg\n2\t0\tgone too.jpg\n3\t0\t03.jpeg\n")
    with pytest.raises(TooManyFailuresError):
        packed(there, 4, on_error="fail")
    assert "out.manifest.json" not in outputs(there)
