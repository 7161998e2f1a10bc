"""Record files cut into sets: together the shards are the file, and each is whole by itself."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_im2rec import PackOptions, TranscodeSpec, pack
from gpu_im2rec.errors import OutputExistsError, RecordError, UsageError
from gpu_im2rec.inspection import verify
from gpu_im2rec.packing import convert
from gpu_im2rec.recordio import read_index
from gpu_im2rec.recordio.manifest import read_manifest
from gpu_im2rec.sharding import Cut, merge, pack_shards, split
from gpu_im2rec.sharding.cutting import by_count, by_size
from tests.sharding.test_merging import contents, names, write

SIZES = st.lists(st.integers(1, 60), min_size=1, max_size=25)


@given(records=st.integers(1, 100), count=st.integers(1, 100))
def test_by_count(records: int, count: int) -> None:
    if count > records:
        with pytest.raises(UsageError, match="no shard may be empty; use fewer"):
            by_count(records, count)
        return
    borders = by_count(records, count)
    counts = [last - first for first, last in pairwise(borders)]
    assert (borders[0], borders[-1], len(counts)) == (0, records, count)
    assert min(counts) >= 1
    assert max(counts) - min(counts) <= 1


@given(sizes=SIZES, most=st.integers(1, 200))
def test_by_size(sizes: list[int], most: int) -> None:
    borders = by_size(np.cumsum(sizes), most)
    shards = [sizes[first:last] for first, last in pairwise(borders)]
    assert (borders[0], borders[-1]) == (0, len(sizes))
    assert all(len(shard) == 1 or (shard and sum(shard) <= most) for shard in shards)
    fewest, room = 0, 0  # where each is filled before the next begins, there are no fewer
    for size in sizes:
        fewest, room = (fewest, room - size) if size <= room else (fewest + 1, most - size)
    assert len(shards) == fewest


def test_by_size_is_balanced() -> None:
    assert by_size(np.arange(1, 12) * 10, 100) == [0, 6, 11]
    assert by_size(np.arange(1, 11) * 10, 100) == [0, 10]


@settings(max_examples=12)
@given(keys=st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=20), data=st.data())
def test_a_set_joined_again_is_the_file(tmp_path_factory, keys, data) -> None:
    folder = tmp_path_factory.mktemp("split")
    whole = write(folder / "whole.rec", keys)
    count = data.draw(st.integers(1, len(keys)))
    report = split(whole, folder / "out.rec", Cut(count))
    assert (report.shards, report.records, report.bytes) == (count, len(keys), whole.stat().st_size)
    merge([report.manifest], folder / "again.rec")
    assert contents(folder / "again.rec") == contents(whole)
    assert report.idx.read_bytes() == whole.with_suffix(".idx").read_bytes()
    before = report.manifest.read_bytes()
    merge([report.manifest], report.manifest, overwrite=True)
    assert report.manifest.read_bytes() == before


def test_shards_are_those_that_pack_makes(photo_folder, tmp_path: Path) -> None:
    options = PackOptions(transcode=TranscodeSpec(pass_through=True), checksums=True)
    whole = pack(photo_folder.list, photo_folder.root, photo_folder.out, options)
    for folder in ("split", "packed"):
        (tmp_path / folder).mkdir()
    before = names(photo_folder.out.parent)
    split(whole.rec, tmp_path / "split/out.rec", Cut(5))
    assert names(photo_folder.out.parent) == before
    pack_shards(photo_folder.list, photo_folder.root, tmp_path / "packed/out.rec", Cut(5), options)
    shards = [f"out-{number:05}-of-00005" for number in range(5)]
    for name in [f"{shard}.{kind}" for shard in shards for kind in ("rec", "idx", "crc")] + ["out.dali.idx"]:
        assert (tmp_path / "split" / name).read_bytes() == (tmp_path / "packed" / name).read_bytes()
    ours, theirs = (read_manifest(tmp_path / folder / "out.manifest.json") for folder in ("split", "packed"))
    assert [(one.part, one.records, one.rec, one.idx, one.crc) for one in ours.shards] == [
        (one.part, one.records, one.rec, one.idx, one.crc) for one in theirs.shards
    ]
    assert ours.shards[2].crc.xxh3_128 == xxhash.xxh3_128_hexdigest((tmp_path / f"split/{shards[2]}.crc").read_bytes())
    for shard in shards:
        assert not verify(tmp_path / f"split/{shard}.rec").problems


def test_by_size_of_a_file(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.rec", list(range(40)), content=bytes(100_000))
    report = split(whole, tmp_path / "out.rec", Cut(size=5 << 20))
    assert report.largest <= 5 << 20
    assert (report.shards, report.smallest > 3 << 20) == (3, True)


def test_without_an_index_or_with_one_in_another_order(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.rec", [7, 3, 9, 3])
    lines = whole.with_suffix(".idx").read_text().splitlines(keepends=True)
    merge([whole], tmp_path / "plain.rec")
    for index in (None, lines[::-1]):
        whole.with_suffix(".idx").unlink()
        if index:
            whole.with_suffix(".idx").write_text("".join(index))
        report = split(whole, tmp_path / "out.rec", Cut(3), overwrite=True)
        assert read_index(report.idx).keys.tolist() == [7, 3, 9, 3]
        merge([report.manifest], tmp_path / "again.rec", overwrite=True)
        assert contents(tmp_path / "again.rec") == contents(tmp_path / "plain.rec")
        if index is None:
            whole.with_suffix(".idx").write_text("")


def test_what_cannot_be_cut(tmp_path: Path) -> None:
    whole, out = write(tmp_path / "whole.rec", [0, 1, 2], checksums=False), tmp_path / "out.rec"
    faces = tmp_path / "faces.rec"
    convert(whole, faces, to="insightface")
    before = names(tmp_path)
    for with_index in (True, False):
        if not with_index:
            faces.with_suffix(".idx").unlink()
        with pytest.raises(RecordError, match=r"faces\.rec: offset \d+: .*`gpu-im2rec convert"):
            split(faces, out, Cut(2))
    with pytest.raises(UsageError, match="4 shards of 3 records"):
        split(whole, out, Cut(4))
    with pytest.raises(UsageError, match=r"OUT\.rec gives"):
        split(whole, tmp_path / "out", Cut(2))
    whole.with_suffix(".idx").write_text("0\t0\n1\t0\n")
    with pytest.raises(RecordError, match="do not belong together"):
        split(whole, out, Cut(2))
    assert names(tmp_path) == before - {"faces.idx"}


def test_an_index_that_lists_a_record_twice(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.rec", [0, 1, 2], checksums=False)
    with whole.with_suffix(".idx").open("a") as index:
        index.write("5\t0\n")
    with pytest.raises(RecordError, match="lists the record at offset 0 twice"):
        split(whole, tmp_path / "out.rec", Cut(2))


def test_an_old_set_stays_until_the_new_one_is_whole(tmp_path: Path, monkeypatch) -> None:
    whole, other = write(tmp_path / "whole.rec", list(range(6))), write(tmp_path / "other.rec", list(range(9)))
    out = tmp_path / "out.rec"
    first = split(whole, out, Cut(3))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(OutputExistsError):
        split(other, out, Cut(2))
    with monkeypatch.context() as patch:
        patch.setattr("gpu_im2rec.recordio.part_file._copy_some", lambda *_: 0)
        with pytest.raises(RecordError, match="has become shorter"):
            split(other, out, Cut(2), overwrite=True)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    split(other, out, Cut(2), overwrite=True)
    assert not [name for name in names(tmp_path) if "of-00003" in name or name.endswith(".part")]
    assert read_manifest(first.manifest).records == 9
    part = tmp_path / "out-00000-of-00002.rec"
    with pytest.raises(UsageError, match="would be overwritten by this very run"):
        split(part, out, Cut(2), overwrite=True)
    with pytest.raises(UsageError, match="would be overwritten by this very run"):
        split(part, out, Cut(3), overwrite=True)  # it is one of the set that would go
    assert part.exists()


def test_an_old_set_goes_also_beside_the_file_that_it_was_cut_from(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.rec", list(range(6)))
    (tmp_path / "whole.report.html").write_text("a page about the file")
    for count in (3, 2):
        split(whole, whole, Cut(count), overwrite=True)
    assert not [name for name in names(tmp_path) if "of-00003" in name]
    assert "whole.report.html" in names(tmp_path)


def test_more_shards_than_files_may_be_open(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    whole = write(tmp_path / "whole.rec", list(range(80)), checksums=False)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    others = max(int(path.name) for path in Path("/dev/fd").iterdir())  # that tests before this one have left open
    resource.setrlimit(resource.RLIMIT_NOFILE, (others + 48, limits[1]))
    try:
        report = split(whole, tmp_path / "out.rec", Cut(80))
        merge([report.manifest], tmp_path / "again.rec")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert (tmp_path / "again.rec").read_bytes() == whole.read_bytes()
