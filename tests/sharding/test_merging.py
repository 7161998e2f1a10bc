"""Record files joined: what parts make together is what one run makes of the whole list."""

import json
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_im2rec import PackOptions, TranscodeSpec, pack
from gpu_im2rec.errors import OutputExistsError, RecordError, UsageError
from gpu_im2rec.inspection import verify_set
from gpu_im2rec.packing import Part, convert
from gpu_im2rec.recordio import RecordReader, RecordWriter, pack_header, read_index, write_checksums
from gpu_im2rec.recordio.manifest import read_manifest
from gpu_im2rec.sharding import Cut, merge, pack_shards
from tests.recordio.reference import MAGIC

SPEC = TranscodeSpec(pass_through=True)


def write(path: Path, keys: list[int], *, checksums: bool = True, content: bytes = b"picture") -> Path:
    with RecordWriter(path) as writer:
        for key in keys:
            writer.append(key, pack_header(key, [float(key % 7)], packed=False), content * (key % 5 + 1))
    if checksums:
        write_checksums(path)
    return path


def contents(rec: Path) -> list[bytes]:
    return [path.read_bytes() for path in (rec, rec.with_suffix(".idx"), rec.with_suffix(".crc"))]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@settings(max_examples=20)
@given(
    keys=st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 40), max_size=30),
    cuts=st.lists(st.integers(0, 30), max_size=4),
    data=st.data(),
)
def test_files_joined_are_the_file_that_one_writer_makes(tmp_path_factory, keys, cuts, data) -> None:
    folder = tmp_path_factory.mktemp("merge")
    content = data.draw(st.sampled_from([b"", b"abcde", b"abcd" + MAGIC + b"x"]))
    whole = write(folder / "whole.rec", keys, content=content)
    borders = [0, *sorted(min(cut, len(keys)) for cut in cuts), len(keys)]
    pieces = [keys[start:stop] for start, stop in pairwise(borders)]
    parts = [write(folder / f"{number}.rec", piece, content=content) for number, piece in enumerate(pieces)]
    report = merge(parts, folder / "joined.rec")
    assert contents(folder / "joined.rec") == contents(whole)
    assert (report.records, report.bytes, report.sources) == (len(keys), whole.stat().st_size, len(parts))
    assert report.duplicates + report.duplicates_unchecked >= len(keys) - len(set(keys))


@pytest.mark.parametrize("rule", ["lines", "bytes"])
def test_parts_of_a_list_are_the_whole(photo_folder, jpeg, tmp_path: Path, rule) -> None:
    for name, content in (("gone.jpg", None), ("not there.jpg", None), ("last.jpg", jpeg)):
        photo_folder.add(name, content)
    options = {"transcode": SPEC, "checksums": True}
    whole = pack(photo_folder.list, photo_folder.root, tmp_path / "whole.rec", PackOptions(**options))
    parts = [
        pack(
            photo_folder.list,
            photo_folder.root,
            photo_folder.out,
            PackOptions(part=Part(number, 4, rule), allow_empty=True, **options),
        )
        for number in (2, 0, 3, 1)
    ]
    report = merge([part.rec for part in parts], tmp_path / "joined.rec")
    assert contents(report.out) == contents(whole.rec)
    assert report.failures.read_bytes() == whole.failures.read_bytes()
    assert report.to_dict()["records"] == whole.packed == 13


def test_the_manifest_of_parts_is_that_of_shards(photo_folder, tmp_path: Path) -> None:
    for number in range(3):
        photo_folder.add(f"gone{number}.jpg", None)
    options = {"transcode": SPEC, "checksums": True}
    for folder in ("parts", "shards"):
        (tmp_path / folder).mkdir()
    shards = pack_shards(
        photo_folder.list, photo_folder.root, tmp_path / "shards/out.rec", Cut(4), PackOptions(**options)
    )
    for number in range(4):
        one = PackOptions(part=Part(number, 4), **options)
        pack(photo_folder.list, photo_folder.root, tmp_path / "parts/out.rec", one)
    pattern = f"{tmp_path}/parts/out-*.rec"
    report = merge([pattern], tmp_path / "parts/out.manifest.json")
    for name in ("out.manifest.json", "out.dali.idx", "out.failures.jsonl", "out-00001-of-00004.rec"):
        assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "shards" / name).read_bytes()
    said = [json.loads((tmp_path / folder / "out.report.json").read_bytes()) for folder in ("parts", "shards")]
    for told in said:
        for place, names in (
            (told, ("finished", "pace", "stages", "fingerprint")),
            (told["result"], ("seconds", "images_per_second")),
        ):
            for name in names:
                del place[name]
        for shard in told["shards"]:
            del shard["seconds"]
        told["result"] = {name: value for name, value in told["result"].items() if not str(value).startswith("/")}
    assert said[0] == said[1]
    assert (report.out, report.records) == (tmp_path / "parts/out.manifest.json", shards.packed)
    # A set becomes one file, with its failures.
    joined = merge([tmp_path / "shards/out.manifest.json"], tmp_path / "joined.rec")
    whole = pack(photo_folder.list, photo_folder.root, tmp_path / "whole.rec", PackOptions(**options))
    assert contents(joined.out) == contents(whole.rec)
    assert joined.failures.read_bytes() == whole.failures.read_bytes()


def test_a_set_of_files_that_others_packed(tmp_path: Path) -> None:
    import xxhash

    first, second = write(tmp_path / "b.rec", [5, 6]), write(tmp_path / "a.rec", [1, 2, 3], checksums=False)
    merge([first, second], tmp_path / "all.manifest.json")
    manifest = read_manifest(tmp_path / "all.manifest.json")
    assert [(one.part, one.rec.name, one.records, one.crc is None) for one in manifest.shards] == [
        (0, "b.rec", 2, False),
        (1, "a.rec", 3, True),
    ]
    assert manifest.shards[0].rec.xxh3_128 == xxhash.xxh3_128_hexdigest(first.read_bytes())
    assert (manifest.parts, manifest.options, manifest.shards[0].lines) == (2, {}, None)
    index = read_index(tmp_path / "all.dali.idx")
    assert index.keys.tolist() == [5, 6, 1, 2, 3]
    assert index.offsets[2] == first.stat().st_size
    with pytest.raises(OutputExistsError):
        merge([first, second], tmp_path / "all.manifest.json")
    before = (tmp_path / "all.manifest.json").read_bytes()
    merge([tmp_path / "all.manifest.json"], tmp_path / "all.manifest.json", overwrite=True)
    assert (tmp_path / "all.manifest.json").read_bytes() == before


def test_a_set_made_anew_keeps_what_its_manifest_says(photo_folder) -> None:
    photo_folder.add("gone.jpg", None)
    packed = pack_shards(photo_folder.list, photo_folder.root, photo_folder.out, Cut(3), PackOptions(transcode=SPEC))
    before = {path.name: path.read_bytes() for path in packed.rec.parent.glob("out*")}
    packed.idx.write_bytes(b"")
    merge([packed.rec], packed.rec, overwrite=True)
    assert {path.name: path.read_bytes() for path in packed.rec.parent.glob("out*")} == before
    rec = packed.rec.with_name("out-00001-of-00003.rec")
    content = bytearray(rec.read_bytes())
    content[100] ^= 1
    rec.write_bytes(content)
    write_checksums(rec)
    merge([packed.rec], packed.rec, overwrite=True)
    assert verify_set(packed.rec).problems  # damage still shows
    assert read_manifest(packed.rec).shards[1].crc.name == "out-00001-of-00003.crc"


def test_a_set_and_the_file_of_the_same_name_share_failures_and_report(photo_folder) -> None:
    photo_folder.add("gone.jpg", None)
    packed = pack_shards(photo_folder.list, photo_folder.root, photo_folder.out, Cut(3), PackOptions(transcode=SPEC))
    before = [packed.failures.read_bytes(), packed.report.read_bytes()]
    for overwrite in (False, True):
        report = merge([packed.rec], photo_folder.out, overwrite=overwrite)
        assert report.failures == packed.failures
    assert [packed.failures.read_bytes(), packed.report.read_bytes()] == before


def test_what_tells_of_an_older_set_goes(photo_folder, tmp_path: Path) -> None:
    photo_folder.add("gone.jpg", None)
    packed = pack_shards(photo_folder.list, photo_folder.root, photo_folder.out, Cut(3), PackOptions(transcode=SPEC))
    merge([write(tmp_path / "a.rec", [1])], packed.rec, overwrite=True)
    assert not packed.failures.exists()
    assert not packed.report.exists()


def test_no_set_without_a_record(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"a\.rec: no records"):
        merge([write(tmp_path / "a.rec", [], checksums=False)], tmp_path / "out.manifest.json")
    assert names(tmp_path) == {"a.rec", "a.idx"}


@pytest.mark.skipif(sys.platform == "win32", reason="no such names there")
def test_no_set_of_names_that_its_manifest_cannot_hold(tmp_path: Path) -> None:
    odd, plain = write(tmp_path / "a\n.rec", [1], checksums=False), write(tmp_path / "a.rec", [1], checksums=False)
    for sources, out in (([odd], "out.manifest.json"), ([plain], "o\n.manifest.json")):
        with pytest.raises(UsageError, match="cannot be called so"):
            merge(sources, tmp_path / out)


def test_numbers_give_the_order_and_what_is_missing_is_named(tmp_path: Path) -> None:
    parts = [write(tmp_path / f"x-{number:05}-of-00011.rec", [number]) for number in range(11)]
    merge(parts[::-1], tmp_path / "all.rec")
    assert read_index(tmp_path / "all.idx").keys.tolist() == list(range(11))
    with pytest.raises(
        RecordError,
        match=r"the other parts are 10, of which x-00003-of-00011\.rec, x-00010-of-00011\.rec are missing",
    ):
        merge(parts[:3] + parts[4:10], tmp_path / "other.rec")
    with pytest.raises(UsageError, match=r"x-00000-of-00011\.rec is given twice"):
        merge([parts[0], str(tmp_path / "x-*.rec")], tmp_path / "other.rec")
    (tmp_path / "sub").mkdir()
    with pytest.raises(UsageError, match="are the same part"):
        merge([*parts, write(tmp_path / "sub" / parts[0].name, [0])], tmp_path / "other.rec")
    with pytest.raises(UsageError, match="there is no part 12 of 11"):
        merge([write(tmp_path / "x-00012-of-00011.rec", [0]), *parts], tmp_path / "other.rec")
    with pytest.raises(UsageError, match=r"of-00011\.rec and \S+x-00000-of-00001\.rec are of two runs that cut"):
        merge([*parts, write(tmp_path / "x-00000-of-00001.rec", [0])], tmp_path / "x.manifest.json")
    parts[4].with_suffix(".report.json").write_text('{"result": {"packed": 0}}')
    merge(parts[:4] + parts[5:], tmp_path / "other.rec")
    assert not list(tmp_path.glob("*.part"))


def test_im2recs_parts_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    parts = []
    for number in (10, 2, 1, 0, 3, 4, 5, 6, 7, 8, 9):
        path = tmp_path / f"x.rec.part{number:03}"
        with RecordWriter(path) as writer:
            writer.append(number, pack_header(number, [0.0], packed=False), b"x")
        parts.append(path)
    merge(parts, tmp_path / "all.rec")
    assert read_index(tmp_path / "all.idx").keys.tolist() == list(range(11))
    with pytest.raises(RecordError, match=r"of which x\.rec\.part002 are missing"):
        merge([parts[0], *parts[2:]], tmp_path / "other.rec")


def test_other_names_keep_their_order_and_duplicates_are_told(tmp_path: Path) -> None:
    sources = [write(tmp_path / "b.rec", [1, 2, 2]), write(tmp_path / "a.rec", [2, 7], checksums=False)]
    report = merge(sources, tmp_path / "all.rec")
    assert read_index(tmp_path / "all.idx").keys.tolist() == [1, 2, 2, 2, 7]
    assert (report.duplicates, report.duplicate_examples, report.checksums) == (2, (2,), None)
    assert not (tmp_path / "all.crc").exists()
    with RecordReader(tmp_path / "all.rec") as records:
        assert [record.header.index for record in records] == [1, 2, 2, 2, 7]


def test_what_does_not_belong_together_is_refused(tmp_path: Path) -> None:
    good, other = write(tmp_path / "good.rec", [1, 2]), write(tmp_path / "other.rec", [3], checksums=False)
    out = tmp_path / "all.rec"
    before = names(tmp_path)
    other.with_suffix(".idx").write_bytes(good.with_suffix(".idx").read_bytes())
    with pytest.raises(RecordError, match=r"other\.rec: .*the index may not fit"):
        merge([good, other], out)
    other.with_suffix(".idx").write_text("3\t0\n")
    other.write_bytes(other.read_bytes() * 2)
    with pytest.raises(RecordError, match="they do not belong together"):
        merge([good, other], out)
    good.with_suffix(".crc").write_text("0\t" + "0" * 16 + "\n")
    with pytest.raises(RecordError, match=r"good\.crc: its last line is for offset 0"):
        merge([good], out)
    other.with_suffix(".idx").unlink()
    with pytest.raises(RecordError, match=r"other\.rec has no index; `gpu-im2rec index"):
        merge([other], out)
    with pytest.raises(UsageError, match="no record file"):
        merge([], out)
    with pytest.raises(UsageError, match=r"OUT\.rec, or names them all"):
        merge([good], tmp_path / "all")
    assert names(tmp_path) == before - {"other.idx"}
    with pytest.raises(UsageError, match="shards lie beside their manifest"):
        merge([write(tmp_path / "x.rec", [1])], tmp_path.parent / "all.manifest.json")
    with pytest.raises(UsageError, match="would be overwritten by this very run"):
        merge([tmp_path / "x.rec"], tmp_path / "x.rec", overwrite=True)


def test_insightfaces_layout_is_refused(tmp_path: Path) -> None:
    plain = write(tmp_path / "plain.rec", [0, 1, 2])
    faces = tmp_path / "faces.rec"
    convert(plain, faces, to="insightface")
    with pytest.raises(RecordError, match=r"faces\.rec: offset \d+: .*`gpu-im2rec convert"):
        merge([plain, faces], tmp_path / "all.rec")
    # The older face2rec2.py puts the record of key 0 elsewhere: the index tells where.
    with RecordWriter(tmp_path / "old.rec") as writer:
        writer.append(0, pack_header(0, [2.0, 2.0], packed=True), b"")
        writer.append(1, pack_header(1, [2.0], packed=False), b"face")
    with pytest.raises(RecordError, match=r"old\.rec: offset 0: .*whose faces"):
        merge([tmp_path / "old.rec"], tmp_path / "all.rec")


def test_an_old_output_is_there_until_the_new_one_is_whole(tmp_path: Path, monkeypatch) -> None:
    source, out = write(tmp_path / "a.rec", [1, 2], checksums=False), write(tmp_path / "out.rec", [9])
    (tmp_path / "out.report.json").write_text("{}")
    before = contents(out)
    with pytest.raises(OutputExistsError):
        merge([source], out)
    with monkeypatch.context() as patch:
        patch.setattr("gpu_im2rec.recordio.part_file._copy_some", lambda *_: 0)
        with pytest.raises(RecordError, match=r"a\.rec has become shorter by \d+ bytes"):
            merge([source], out, overwrite=True)
    assert contents(out) == before
    merge([source], out, overwrite=True)
    assert out.read_bytes() == source.read_bytes()
    assert names(tmp_path) == {"a.rec", "a.idx", "out.rec", "out.idx"}


def test_progress_goes_to_the_end(tmp_path: Path) -> None:
    seen = []
    sources = [write(tmp_path / f"{name}.rec", [1, 2]) for name in "ab"]
    merge(sources, tmp_path / "out.rec", progress=lambda *step: seen.append(step))
    assert seen[-1][0] == seen[-1][1] == (tmp_path / "out.rec").stat().st_size
    assert np.all(np.diff([done for done, _ in seen]) >= 0)
    json.dumps(merge(sources, tmp_path / "other.rec").to_dict())
