"""A list packed into shards: the same bytes as in one file, nothing lost, nothing half-written, nothing twice."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gpu_im2rec import PackOptions, RecordReader, TranscodeSpec, pack
from gpu_im2rec.errors import (
    NothingPackedError,
    OutputBusyError,
    OutputExistsError,
    ResumeError,
    TooManyFailuresError,
    UsageError,
)
from gpu_im2rec.packing import FailureLimit, Part
from gpu_im2rec.packing.lock import opened_and_locked
from gpu_im2rec.recordio.manifest import read_manifest
from gpu_im2rec.sharding import Cut, merge, pack_shards
from tests.breaking.faults import Faults, Killed
from tests.conftest import encoded, settled

PLAIN = PackOptions(transcode=TranscodeSpec(pass_through=True))


def packed(folder, shards, **options):
    return pack_shards(folder.list, folder.root, folder.out, Cut(count=shards), replace(PLAIN, **options))


def outputs(folder) -> dict[str, bytes]:
    """What bears its final name."""
    files = [path for path in folder.out.parent.glob("out*") if path.is_file()]
    return {path.name: settled(path.name, path.read_bytes()) for path in files}


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.out.parent.glob("out*"))


@pytest.mark.parametrize("shards", [1, 2, 5, 12])
def test_the_shards_are_the_one_file_cut(photo_folder, shards):
    whole = pack(photo_folder.list, photo_folder.root, photo_folder.out.with_name("whole.rec"), PLAIN)
    report = packed(photo_folder, shards, checksums=True)
    manifest = read_manifest(report.rec)
    paths = [report.rec.with_name(shard.rec.name) for shard in manifest.shards]
    assert b"".join(path.read_bytes() for path in paths) == whole.rec.read_bytes()
    assert report.idx.read_bytes() == whole.idx.read_bytes()
    assert (report.shards, report.packed, manifest.records) == (shards, whole.packed, whole.packed)
    assert [path.name for path in paths] == [f"out-{number:05}-of-{shards:05}.rec" for number in range(shards)]
    for path, shard in zip(paths, manifest.shards, strict=True):
        with RecordReader(path) as records:
            assert len(records) == shard.records == shard.lines


class TestAFinishedSet:
    @pytest.fixture
    def finished(self, photo_folder):
        packed(photo_folder, 2, checksums=True)
        return photo_folder

    def test_is_not_packed_again(self, finished):
        found = outputs(finished)
        report = packed(finished, 2, checksums=True, resume=True)
        assert report.was_there
        assert (report.shards, report.packed) == (2, 12)
        assert outputs(finished) == found
        assert not packed(finished, 2, checksums=True, resume=True, overwrite=True).was_there

    @pytest.mark.parametrize(
        ("shards", "options", "said"), [(3, {}, "shards was 2, is 3"), (2, {"pack_label": True}, "pack-label")]
    )
    def test_of_another_kind_is_refused(self, finished, shards, options, said):
        with pytest.raises(ResumeError, match=f"packed otherwise: .*{said}.*; --overwrite"):
            packed(finished, shards, **({"checksums": True, "resume": True} | options))

    @pytest.mark.parametrize("suffix", [".rec", ".idx", ".crc"])
    def test_that_lacks_a_file_is_refused(self, finished, suffix):
        finished.out.with_name(f"out-00001-of-00002{suffix}").unlink()
        with pytest.raises(ResumeError, match=r"out-00001-of-00002.* is not as the run left it"):
            packed(finished, 2, checksums=True, resume=True)

    def test_that_others_made_is_refused(self, finished):
        finished.out.with_suffix(".report.json").unlink()
        with pytest.raises(ResumeError, match="no report that says how the set was packed"):
            packed(finished, 2, checksums=True, resume=True)


def test_what_is_there_at_the_end(photo_folder):
    packed(photo_folder, 2)
    assert names(photo_folder) == [
        "out-00000-of-00002.idx", "out-00000-of-00002.rec", "out-00001-of-00002.idx", "out-00001-of-00002.rec",
        "out.dali.idx", "out.manifest.json", "out.report.json",
    ]  # fmt: skip


def test_the_manifest_has_the_hash_and_size_of_every_file(photo_folder):
    report = packed(photo_folder, 3, checksums=True)
    for shard in read_manifest(report.rec).shards:
        for file in (shard.rec, shard.idx, shard.crc):
            content = report.rec.with_name(file.name).read_bytes()
            assert (file.bytes, file.xxh3_128) == (len(content), xxhash.xxh3_128_hexdigest(content))


def test_a_set_is_the_same_bytes_every_time_and_as_parts(photo_folder, tmp_path):
    packed(photo_folder, 3)
    first = outputs(photo_folder)
    packed(photo_folder, 3, overwrite=True, workers=1)
    assert outputs(photo_folder) == first
    alone = tmp_path / "alone"
    alone.mkdir()
    for number in range(3):
        options = replace(PLAIN, part=Part(number, 3))
        report = pack(photo_folder.list, photo_folder.root, alone / "out.rec", options)
        assert report.rec.read_bytes() == first[report.rec.name]
        assert report.idx.read_bytes() == first[report.idx.name]


@given(lines=st.integers(1, 9), shards=st.integers(1, 10))
@settings(max_examples=12)
def test_never_an_empty_shard_and_all_but_equally_many_lines(lines, shards, tmp_path_factory):
    home = tmp_path_factory.mktemp("set")
    (home / "a.jpg").write_bytes(encoded(Image.new("RGB", (4, 4)), "jpeg"))
    (home / "image.lst").write_text("".join(f"{number}\t0\ta.jpg\n" for number in range(lines)))
    cut = Cut(count=shards)
    if shards > lines:
        with pytest.raises(UsageError, match="fewer lines than"):
            pack_shards(home / "image.lst", home, home / "out.rec", cut, PLAIN)
        assert [path.name for path in home.glob("out*")] == []
        return
    report = pack_shards(home / "image.lst", home, home / "out.rec", cut, PLAIN)
    counts = [shard.records for shard in read_manifest(report.rec).shards]
    assert len(counts) == shards
    assert sum(counts) == lines
    assert max(counts) - min(counts) <= 1
    assert min(counts) >= 1


class TestFailures:
    def test_those_of_all_shards_are_in_one_file_in_order(self, photo_folder):
        for number in range(3):
            photo_folder.add(f"gone{number}.jpg", None)  # lines 13 … 15
        report = packed(photo_folder, 5)
        rows = [json.loads(line) for line in report.failures.read_text().splitlines()]
        assert [row["line"] for row in rows] == [13, 14, 15]
        assert (report.failed, report.reasons, report.exit_code) == (3, {"missing": 3}, 3)

    def test_a_part_of_which_nothing_can_be_packed_has_no_shard(self, photo_folder):
        for number in range(6):
            photo_folder.add(f"gone{number}.jpg", None)  # 18 lines: the last third
        report = packed(photo_folder, 3)
        manifest = read_manifest(report.rec)
        assert [shard.part for shard in manifest.shards] == [0, 1]
        assert (manifest.parts, manifest.failed, report.shards, report.failed) == (3, 6, 2, 6)
        assert "out-00002-of-00003.rec" not in names(photo_folder)

    def test_nothing_at_all_can_be_packed(self, folder):
        for number in range(4):
            folder.add(f"gone{number}.jpg", None)
        with pytest.raises(NothingPackedError, match=r"\(4 missing\).*Is .*root the right root"):
            packed(folder, 2)
        assert names(folder) == []

    @pytest.mark.parametrize(
        "limit", [{"on_error": "fail"}, {"max_failures": FailureLimit(1)}, {"max_failures": FailureLimit(percent=12)}]
    )
    def test_the_limit_is_of_the_whole_list(self, photo_folder, limit):
        photo_folder.add("gone.jpg", None)
        photo_folder.add("gone too.jpg", None)  # 14 lines, each in a shard of its own
        with pytest.raises(TooManyFailuresError):
            packed(photo_folder, 14, **limit)
        assert names(photo_folder) == ["out.journal", "out.shards.part"]

    @pytest.mark.parametrize("limit", [FailureLimit(2), FailureLimit(percent=15)])
    def test_as_many_as_the_limit_may_fail_in_one_shard(self, photo_folder, limit):
        photo_folder.add("gone.jpg", None)
        photo_folder.add("gone too.jpg", None)
        assert packed(photo_folder, 2, max_failures=limit).failed == 2

    def test_duplicates_are_found_across_shards(self, photo_folder):
        with photo_folder.list.open("a") as file:
            file.write("0\t0\t" + photo_folder.list.read_text().splitlines()[0].split("\t")[-1] + "\n")
        report = packed(photo_folder, 2)
        assert (report.duplicates, report.duplicate_examples) == (1, (0,))


class TestGoingOn:
    @pytest.fixture
    def stopped(self, photo_folder):
        """A set of which the last of four shards could not be finished, and the bytes that it should have."""
        photo_folder.add("late.jpg", b"no picture")
        with pytest.raises(TooManyFailuresError) as caught:
            packed(photo_folder, 4, on_error="fail")
        assert "3 of 4 shards are whole" in "".join(caught.value.__notes__)
        return photo_folder

    def test_finished_shards_are_not_packed_again(self, stopped, jpeg):
        folder = stopped.out.with_name("out.shards.part")
        before = {path.name: path.stat().st_mtime_ns for path in folder.glob("*-0000[012]-of-*")}
        assert len(before) == 9
        (stopped.root / "late.jpg").write_bytes(jpeg)
        report = packed(stopped, 4, on_error="fail", resume=True)
        assert report.resumed_at == sum(shard.lines for shard in read_manifest(report.rec).shards[:3])
        told = json.loads(report.report.read_bytes())["shards"]
        assert [shard["was_there"] for shard in told] == [True, True, True, False]
        assert names(stopped)[0] == "out-00000-of-00004.idx"
        whole = outputs(stopped)
        assert not folder.exists()
        packed(stopped, 4, overwrite=True)
        assert outputs(stopped) == whole

    def test_is_refused_without_resume(self, stopped):
        with pytest.raises(OutputExistsError, match="an unfinished set is there, 3 of its shards are whole"):
            packed(stopped, 4)
        with pytest.raises(OutputExistsError, match="an unfinished run is there"):
            pack(stopped.list, stopped.root, stopped.out, PLAIN)

    def test_is_refused_with_other_options(self, stopped):
        with pytest.raises(ResumeError, match="shards was 4, is 5"):
            packed(stopped, 5, resume=True)
        with pytest.raises(ResumeError, match="pack-label was False, is True"):
            packed(stopped, 4, resume=True, pack_label=True)

    def test_starts_anew_with_overwrite(self, stopped, jpeg):
        (stopped.root / "late.jpg").write_bytes(jpeg)
        assert packed(stopped, 3, overwrite=True).shards == 3
        assert not stopped.out.with_name("out.shards.part").exists()

    def test_does_not_start_anew_where_a_shard_is_still_packed(self, stopped, jpeg):
        folder = stopped.out.with_name("out.shards.part")
        before = sorted(path.name for path in folder.iterdir())
        refused = pytest.raises(OutputBusyError, match=r"00003-of-00004\.journal: another run is writing this output")
        with opened_and_locked(folder / "out-00003-of-00004.journal"), refused:  # by a process that lost its run
            packed(stopped, 4, overwrite=True)
        assert sorted(path.name for path in folder.iterdir() if path.suffix != ".journal") == before
        (stopped.root / "late.jpg").write_bytes(jpeg)
        assert packed(stopped, 4, resume=True, on_error="fail").packed == 13

    def test_a_size_finds_the_number_again(self, stopped, jpeg, monkeypatch):
        def go_on(size, **options):
            return pack_shards(stopped.list, stopped.root, stopped.out, Cut(size=size), replace(PLAIN, **options))

        with monkeypatch.context() as patch, pytest.raises(TooManyFailuresError):
            patch.setattr(Cut, "sized", lambda *_: 3)
            go_on(1 << 20, overwrite=True, on_error="fail")
        (stopped.root / "late.jpg").write_bytes(jpeg)
        with pytest.raises(ResumeError, match="shard-size was 1048576, is 2097152"):
            go_on(2 << 20, resume=True)
        assert go_on(1 << 20, resume=True).shards == 3

    def test_one_file_in_its_place_leaves_nothing_of_it(self, stopped):
        with pytest.raises(OutputExistsError, match=r"shards\.part: an unfinished run .* with --shards goes on"):
            pack(stopped.list, stopped.root, stopped.out, PLAIN)
        pack(stopped.list, stopped.root, stopped.out, replace(PLAIN, overwrite=True))
        assert names(stopped) == ["out.failures.jsonl", "out.idx", "out.rec", "out.report.json"]

    @pytest.mark.parametrize("checkpoint_seconds", [0, 1000])
    def test_a_set_in_the_place_of_one_file_leaves_nothing_of_it(self, photo_folder, monkeypatch, checkpoint_seconds):
        options = replace(PLAIN, checkpoint_seconds=checkpoint_seconds)
        with monkeypatch.context() as patch, pytest.raises(Killed):
            faults = Faults(photo_folder.out.parent, 15 if checkpoint_seconds else 40, killing=True)
            faults.install(patch)
            pack(photo_folder.list, photo_folder.root, photo_folder.out, options)
        assert "out.rec.part" in names(photo_folder)
        if not checkpoint_seconds:
            for asked in ({}, {"resume": True}):
                with pytest.raises(OutputExistsError, match=r"out\.rec\.part: an unfinished run .* without --shards"):
                    packed(photo_folder, 2, **asked)
        packed(photo_folder, 2, overwrite=True)
        assert not [name for name in names(photo_folder) if name.endswith((".part", ".journal"))]


def test_the_picture_that_ends_the_run_is_named(photo_folder):
    photo_folder.add("gone.jpg", None)
    with pytest.raises(TooManyFailuresError, match=r"gone\.jpg"):
        packed(photo_folder, 3, on_error="fail")


class TestAFileOfTheSameName:
    """Both would tell of themselves in the same report."""

    def test_is_not_packed_beside_a_set(self, photo_folder):
        photo_folder.add("gone.jpg", None)
        report = packed(photo_folder, 2)
        with pytest.raises(OutputExistsError, match=r"out\.manifest\.json is already there, and what tells"):
            pack(photo_folder.list, photo_folder.root, photo_folder.out, PLAIN)
        assert report.failures.exists()

    def test_is_not_joined_by_a_set(self, photo_folder):
        photo_folder.add("gone.jpg", None)
        report = pack(photo_folder.list, photo_folder.root, photo_folder.out, PLAIN)
        with pytest.raises(OutputExistsError, match=r"out\.rec is already there, and what tells"):
            packed(photo_folder, 2)
        assert report.failures.exists()
        assert packed(photo_folder, 2, overwrite=True).shards == 2


class TestAnOlderSet:
    def test_is_refused(self, photo_folder):
        packed(photo_folder, 2)
        with pytest.raises(OutputExistsError, match=r"out\.manifest\.json is already there; --overwrite replaces"):
            packed(photo_folder, 3)

    def test_goes_when_the_new_one_is_whole_and_not_before(self, photo_folder):
        packed(photo_folder, 5)
        old = outputs(photo_folder)
        photo_folder.add("gone.jpg", None)
        with pytest.raises(TooManyFailuresError):
            packed(photo_folder, 2, overwrite=True, on_error="fail")
        found = outputs(photo_folder)
        found.pop("out.journal")
        assert found == old
        packed(photo_folder, 2, overwrite=True, resume=True)
        assert [name for name in names(photo_folder) if "-of-" in name] == [
            "out-00000-of-00002.idx", "out-00000-of-00002.rec", "out-00001-of-00002.idx", "out-00001-of-00002.rec",
        ]  # fmt: skip

    def test_what_others_made_a_set_of_stays(self, photo_folder):
        mine = [photo_folder.out.with_name(f"{name}.rec") for name in ("mine", "yours")]
        for path in mine:
            pack(photo_folder.list, photo_folder.root, path, PLAIN)
        merge(mine, photo_folder.out.with_name("out.manifest.json"))
        before = [path.read_bytes() for path in mine]
        packed(photo_folder, 2, overwrite=True)
        assert [path.read_bytes() for path in mine] == before
        assert all(path.with_suffix(".idx").exists() for path in mine)


class TestSize:
    @pytest.mark.parametrize("size", [1 << 20, 3 << 20, 1 << 30])
    def test_makes_shards_of_about_that_size(self, photo_folder, size):
        whole = pack(photo_folder.list, photo_folder.root, photo_folder.out.with_name("whole.rec"), PLAIN)
        report = pack_shards(photo_folder.list, photo_folder.root, photo_folder.out, Cut(size=size), PLAIN)
        assert report.shards == min(12, -(-whole.bytes_out // size))

    def test_is_one_of_both(self):
        for wrong in ({}, {"count": 1, "size": 1 << 30}, {"count": 0}, {"size": 1000}, {"count": 100_000}):
            with pytest.raises(UsageError):
                Cut(**wrong)


@pytest.mark.parametrize(
    "options", [{"part": Part(0, 2)}, {"append": True}, {"layout": "insightface"}], ids=["part", "append", "faces"]
)
def test_what_shards_are_not_for(photo_folder, options):
    with pytest.raises(UsageError, match="--shards packs a whole list"):
        packed(photo_folder, 2, **options)


@pytest.mark.skipif(sys.platform == "win32", reason="no such names there")
@pytest.mark.parametrize("name", ["new\nline.rec", "back\\slash.rec", "out.manifest.json"])
def test_names_that_no_manifest_can_hold(photo_folder, name):
    out = photo_folder.out.with_name(name)
    with pytest.raises(UsageError, match="called"):
        pack_shards(photo_folder.list, photo_folder.root, out, Cut(2), PLAIN)
    assert photo_folder.left_behind() == []


def test_progress_is_of_the_whole(photo_folder):
    seen = []
    pack_shards(photo_folder.list, photo_folder.root, photo_folder.out, Cut(count=4), PLAIN, progress=seen.append)
    assert [moment.lines for moment in seen] == sorted(moment.lines for moment in seen)
    assert (seen[-1].lines, seen[-1].total, seen[-1].shards) == (12, 12, (4, 0, 4))
