"""A manifest stands for its shards, wherever records are read."""

import json
import os
import shutil
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from gpu_im2rec import ImageRecordIter, PackOptions, RecordDataset, TranscodeSpec, pack
from gpu_im2rec.errors import ListError, RecordError, UsageError
from gpu_im2rec.inspection import summarize_set, verify, verify_set
from gpu_im2rec.loading.unpacking import unpack
from gpu_im2rec.recordio.manifest import read_manifest
from gpu_im2rec.sharding import Cut, merge, pack_shards, split
from gpu_im2rec.showing.report import make_report
from gpu_im2rec.showing.sheet import make_sheet
from gpu_im2rec.showing.view.gallery import Gallery
from tests.conftest import encoded

MISSING_LINE = 4


@pytest.fixture(scope="module")
def packed(tmp_path_factory, photo) -> Path:
    """A folder with a list, its pictures, the set out.manifest.json and whole.rec, which hold the same."""
    home = tmp_path_factory.mktemp("set")
    (home / "root").mkdir()
    for number in range(11):
        if number != MISSING_LINE - 1:
            picture = encoded(photo.crop((number, 0, number + 64, 48)), "jpeg")
            (home / "root" / f"{number}.jpg").write_bytes(picture)
    (home / "a.lst").write_text("".join(f"{number}\t{number % 3}\t{number}.jpg\n" for number in range(11)))
    (home / "classes.txt").write_text("ants\nbees\ncats\n")
    options = PackOptions(transcode=TranscodeSpec(pass_through=True), checksums=True)
    pack_shards(home / "a.lst", home / "root", home / "out.rec", Cut(3), options)
    pack(home / "a.lst", home / "root", home / "whole.rec", options)
    return home


@pytest.fixture
def copy(packed: Path, tmp_path: Path) -> Path:
    """The set, to be broken."""
    return shutil.copytree(packed, tmp_path / "copy")


def kinds(report) -> list[str]:
    return [str(finding.kind) for finding in report.problems]


def test_datasets_and_iterators_read_it(packed: Path) -> None:
    ours, whole = (RecordDataset(packed / name) for name in ("out.manifest.json", "whole.rec"))
    assert len(ours) == len(whole) == 10
    for number in range(10):
        assert np.array_equal(ours[number][0], whole[number][0])
        assert ours[number][1] == whole[number][1]
    for name in ("out.manifest.json", "whole.rec"):
        with ImageRecordIter(path_imgrec=str(packed / name), data_shape=(3, 48, 64), batch_size=10) as iterator:
            batch = next(iter(iterator))
        assert sorted(batch.index.tolist()) == [number for number in range(11) if number != MISSING_LINE - 1]


def test_a_set_that_does_not_fit_is_not_read(copy: Path) -> None:
    path, shard = copy / "out.manifest.json", copy / "out-00001-of-00003.rec"
    with shard.open("ab") as file:
        file.write(bytes(4))
    with pytest.raises(
        RecordError, match=r"00001-of-00003\.rec has [\d,]+ bytes, and [\d,]+ by out\.manifest\.json; `gpu"
    ):
        RecordDataset(path)
    shard.unlink()
    with pytest.raises(RecordError, match=r"00001-of-00003\.rec is missing, one of 3 shards in out\.manifest\.json"):
        RecordDataset(path)
    path.write_text("{}")
    with pytest.raises(RecordError, match="no manifest of shards"):
        RecordDataset(path)
    path.unlink()
    with pytest.raises(RecordError, match=r"out\.manifest\.json: the manifest cannot be read: No such file"):
        RecordDataset(path)


def test_what_shows_records_shows_it(packed: Path, tmp_path: Path) -> None:
    path = packed / "out.manifest.json"
    gallery = Gallery([path], root=packed / "root")
    try:
        gallery.begin()
        while not gallery.is_ready:
            time.sleep(0.01)
        assert gallery.summary()["records"] == 10
        assert gallery.detail(9)["original"]["path"].endswith("10.jpg")
    finally:
        gallery.close()
    sheet = make_sheet(path, tmp_path / "sheet.jpg")
    assert (sheet.records, sheet.names.of(1)) == (10, "bees")
    report = make_report(path, tmp_path / "page.html")
    assert (report.contents.rec, report.contents.records, report.note) == (path, 10, "")
    assert report.run is not None
    assert (report.run.result.packed, report.run.result.failed) == (10, 1)
    assert "out.manifest.json" in (tmp_path / "page.html").read_text()


def test_it_is_unpacked(packed: Path, tmp_path: Path) -> None:
    reports = [unpack(packed / name, tmp_path / name[:3]) for name in ("out.manifest.json", "whole.rec")]
    assert reports[0].pictures == reports[1].pictures == 10
    assert reports[0].notes == reports[1].notes
    assert reports[0].list.read_text() == reports[1].list.read_text()
    for file in (path for path in (tmp_path / "who").rglob("*") if path.is_file()):
        assert (tmp_path / "out" / file.relative_to(tmp_path / "who")).read_bytes() == file.read_bytes()


def test_info(copy: Path) -> None:
    found = summarize_set(copy / "out.manifest.json")
    assert found.is_complete
    said = json.loads(json.dumps(found.to_dict()))
    assert (said["records"], said["failed"], len(said["shards"]), said["complete"]) == (10, 1, 3, True)
    (copy / "out-00001-of-00003.crc").unlink()
    (copy / "out-00002-of-00003.rec").write_bytes(b"")
    (copy / "out.dali.idx").unlink()
    found = summarize_set(copy / "out.manifest.json")
    assert found.missing == ("out-00001-of-00003.crc", "out.dali.idx")
    assert (found.changed, found.is_complete) == (("out-00002-of-00003.rec",), False)


def test_a_good_set(packed: Path) -> None:
    steps = []
    report = verify_set(
        packed / "out.manifest.json",
        list_path=packed / "a.lst",
        root=packed / "root",
        decode=True,
        progress=steps.append,
    )
    whole = verify(packed / "whole.rec", list_path=packed / "a.lst", root=packed / "root", decode=True)
    assert (report.exit_code, report.problems, report.shards) == (0, (), 3)
    for name in ("records", "bytes", "entries", "decoded", "compared", "list", "notes"):
        assert getattr(report, name) == getattr(whole, name), name
    assert [str(note.kind) for note in report.notes] == ["failed when packed"]
    assert max(step.done for step in steps) == steps[-1].total == report.bytes
    json.dumps(report.to_dict())


def test_what_is_wrong_with_a_set(copy: Path) -> None:
    path = copy / "out.manifest.json"
    first, second, third = (copy / f"out-0000{number}-of-00003.rec" for number in range(3))
    content = bytearray(first.read_bytes())
    content[200] ^= 1
    first.write_bytes(content)
    second.unlink()
    third.with_suffix(".idx").write_text("")
    (copy / "out.dali.idx").write_text("0\t0\n")
    report = verify_set(path)
    assert (report.exit_code, report.records) == (4, read_manifest(path).records - 3)
    found = {str(finding.kind): [example.message for example in finding.examples] for finding in report.problems}
    assert set(found) == {"missing file", "changed file", "index of the set", "changed record", "not in the index"}
    assert found["missing file"] == [f"{second} is not there"]
    assert found["changed file"][0] == f"{first}: its hash is not that of the manifest"
    assert found["changed file"][1].startswith(f"{third.with_suffix('.idx')}: 0 bytes, and ")
    assert found["changed record"] == [f"{first.name}: the payload is not what its checksum says"]
    assert "makes it anew" in found["index of the set"][0]


@pytest.mark.skipif(sys.platform == "win32", reason="pipes")
def test_a_pipe_in_place_of_an_index_is_not_waited_for(copy: Path) -> None:
    (copy / "out-00000-of-00003.idx").unlink()
    os.mkfifo(copy / "out-00000-of-00003.idx")
    assert "missing file" in kinds(verify_set(copy / "out.manifest.json"))


def test_shards_in_another_order(copy: Path) -> None:
    names = [f"out-0000{number}-of-00003" for number in (0, 2)]
    for kind in ("rec", "idx", "crc"):
        files = [copy / f"{name}.{kind}" for name in names]
        contents = [file.read_bytes() for file in files]
        for file, content in zip(files, reversed(contents), strict=True):
            file.write_bytes(content)
    report = verify_set(copy / "out.manifest.json", list_path=copy / "a.lst")
    assert {"changed file", "missing record", "not in the list"} <= set(kinds(report))


def test_the_list_of_a_set(copy: Path) -> None:
    path, list_path = copy / "out.manifest.json", copy / "a.lst"
    list_path.write_text(list_path.read_text().replace("10\t1\t", "10\t2\t"))
    assert kinds(verify_set(path, list_path=list_path)) == ["wrong labels"]
    list_path.write_text(list_path.read_text() + "11\t0\t11.jpg\n12\t0\t12.jpg\n")
    with pytest.raises(
        ListError, match=r"a\.lst is not the list that was packed: part 0 of 3 has 4 lines from 1 on, and had 3"
    ):
        verify_set(path, list_path=list_path)
    with pytest.raises(UsageError, match="give --list, too"):
        verify_set(path, root=copy / "root")
    made = split(copy / "whole.rec", copy / "cut.rec", Cut(2))
    assert verify_set(made.manifest).exit_code == 0
    with pytest.raises(UsageError, match="does not say which lines"):
        verify_set(made.manifest, list_path=list_path)


def test_a_part_without_a_shard(packed: Path, tmp_path: Path) -> None:
    lines = (packed / "a.lst").read_text().splitlines(keepends=True)
    (tmp_path / "b.lst").write_text(lines[0] + lines[MISSING_LINE - 1] + lines[1])
    options = PackOptions(transcode=TranscodeSpec(pass_through=True))
    pack_shards(tmp_path / "b.lst", packed / "root", tmp_path / "b.rec", Cut(3), options)
    path = tmp_path / "b.manifest.json"
    assert (len(read_manifest(path).shards), read_manifest(path).parts) == (2, 3)
    report = verify_set(path, list_path=tmp_path / "b.lst")
    assert (report.exit_code, [finding.count for finding in report.notes]) == (0, [1])
    (tmp_path / "b.failures.jsonl").unlink()
    assert kinds(verify_set(path, list_path=tmp_path / "b.lst")) == ["missing record"]
    # The part is not missing where the manifest says so.
    assert merge([path], tmp_path / "one.rec").records == 2
    with pytest.raises(RecordError, match=r"b-00001-of-00003\.rec are missing"):
        merge([str(tmp_path / "b-*.rec")], tmp_path / "two.rec")
