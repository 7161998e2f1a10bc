"""What is whole is saved byte for byte, and nothing is invented."""

import json
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_im2rec.errors import OutputExistsError, RecordError, UsageError
from gpu_im2rec.inspection import repair, verify
from gpu_im2rec.recordio import RecordReader, RecordWriter, iter_records, pack_header, read_index, write_checksums
from tests.recordio.damage import Damaged, damaged, damages, framed
from tests.recordio.reference import frame_slowly, payloads

START, END = bytes.fromhex("ffd8 ffc0000b080001000101011100 ffda0008010100003f00"), b"\xff\xd9"  # of a JPEG
PICTURE = START + b"its bytes" + END


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("repair")


def write(path, contents):
    """Records with the keys 10, 20, …"""
    with RecordWriter(path, overwrite=True) as writer:
        for number, payload in enumerate(contents, 1):
            writer.append(10 * number, b"", payload)
    return path


def kept(path):
    return [bytes(record.payload) for record in iter_records(path)]


@settings(deadline=None)
@given(st.lists(payloads, max_size=6), st.booleans(), st.booleans())
def test_a_whole_file_comes_out_byte_for_byte(place, contents, with_index, with_checksums):
    rec, fixed = write(place / "a.rec", contents), place / "b.rec"
    index = rec.with_suffix(".idx").read_bytes()
    write_checksums(rec, overwrite=True)
    sums = rec.with_suffix(".crc").read_bytes()
    if not with_index:
        rec.with_suffix(".idx").unlink()
    if not with_checksums:
        rec.with_suffix(".crc").unlink()
    report = repair(rec, str(fixed), overwrite=True)
    assert fixed.read_bytes() == rec.read_bytes()
    assert (report.records, report.left_out, report.uncertain) == (len(contents), [], [])
    if with_index:
        assert fixed.with_suffix(".idx").read_bytes() == index
    assert fixed.with_suffix(".crc").exists() == with_checksums
    if with_checksums:
        assert fixed.with_suffix(".crc").read_bytes() == sums


def damage(place, case: Damaged, index=b"", sums=b""):
    """The damaged file, with the good file's index and checksums where they are given."""
    for name, data in (("a.rec", case.data), ("a.idx", index), ("a.crc", sums)):
        (place / name).write_bytes(data) if data else (place / name).unlink(missing_ok=True)
    (place / "a.rec").touch()
    return place / "a.rec"


@settings(deadline=None, max_examples=100)
@given(damages)
def test_what_damage_did_not_touch_is_saved(place, case):
    rec = damage(place, case)
    if case.data and not case.untouched:
        return
    report = repair(rec, place / "b.rec", overwrite=True)
    rows = kept(place / "b.rec")
    assert Counter(rows) >= Counter(case.untouched.values())
    assert rec.read_bytes() == case.data
    assert report.records == len(rows)
    saved = sum(len(frame_slowly(payload)) for payload in rows)
    assert saved + sum(each.end - each.start for each in report.left_out) == len(case.data)


@settings(deadline=None, max_examples=100)
@given(damages)
def test_with_checksums_nothing_else_is(place, case):
    rec = damage(place, case)
    good = write(place / "good.rec", case.contents)
    write_checksums(good, place / "a.crc", overwrite=True)
    if case.data and not case.untouched:
        return
    repair(rec, place / "b.rec", overwrite=True)
    rows = kept(place / "b.rec")
    assert Counter(rows) >= Counter(case.untouched.values())
    assert set(rows) <= set(case.contents)
    assert verify(place / "b.rec").checksums


jpegs = st.builds(
    lambda index, inner: pack_header(index, [1.0], packed=False) + START + inner + END,
    st.integers(0, 2**64 - 1),
    st.binary(max_size=80).filter(lambda inner: b"\xff" not in inner and b"\x0a" not in inner),
)


@settings(deadline=None, max_examples=100)
@given(st.lists(jpegs, min_size=1, max_size=6), st.integers(0, 700), st.binary(min_size=1, max_size=60), st.booleans())
def test_no_picture_is_cut_short_or_grown(place, contents, start, new, with_index):
    """Damage inside a picture cannot be seen without checksums; but its borders are."""
    new = new.replace(b"\x0a", b"\0").replace(b"\xff", b"\0")
    _, borders = framed(contents)
    case = damaged(contents, start, len(new), new)
    index = b"".join(b"%d\t%d\n" % (number, offset) for number, offset in enumerate(borders[:-1]))
    rec = damage(place, case, index if with_index else b"")
    spans = set(pairwise(borders))
    try:
        report = repair(rec, place / "b.rec", overwrite=True)
    except RecordError:
        assert not case.untouched
        return
    sizes = [len(frame_slowly(payload)) for payload in kept(place / "b.rec")]
    assert cut_out(report.left_out, sizes) <= spans
    assert Counter(kept(place / "b.rec")) >= Counter(case.untouched.values())


def cut_out(left_out, sizes):
    """Where in the damaged file the kept records were."""
    found, at, gaps = set(), 0, {each.start: each.end for each in left_out}
    for length in sizes:
        while at in gaps:
            at = gaps[at]
        found.add((at, at + length))
        at += length
    return found


OFFSETS = [0, 68, 136, 204]  # of rec, whose records have a payload of 60 bytes


@pytest.fixture
def rec(tmp_path):
    path = tmp_path / "a.rec"
    with RecordWriter(path) as writer:
        for number in range(4):
            writer.append(number, pack_header(number, [1.0], packed=False), PICTURE)
    return path


def change(rec, offset, new):
    data = bytearray(rec.read_bytes())
    data[offset : offset + len(new)] = new
    rec.write_bytes(data)


def keys(path):
    return read_index(path.with_suffix(".idx")).keys.tolist()


def test_what_was_left_out_is_named(rec, tmp_path):
    change(rec, OFFSETS[2], b"?")
    report = repair(rec, tmp_path / "b.rec")
    [left_out] = report.left_out
    assert (left_out.start, left_out.end) == (OFFSETS[2], OFFSETS[3])
    assert left_out.cause.startswith("no head of a record")
    assert (report.rec, report.idx, report.checksums) == (tmp_path / "b.rec", tmp_path / "b.idx", None)
    assert (report.records, report.bytes) == (3, 204)
    assert keys(tmp_path / "b.rec") == [0, 1, 3]
    assert verify(tmp_path / "b.rec").problems == ()
    assert json.loads(json.dumps(report.to_dict()))["left_out"][0]["start"] == OFFSETS[2]


def test_keys_are_the_old_index_s_or_the_headers_or_numbers(rec, tmp_path):
    rec.with_suffix(".idx").write_text("70\t0\n80\t136\n")
    change(rec, OFFSETS[3] + 8, b"\xff")  # labels that do not fit: no image header
    report = repair(rec, tmp_path / "b.rec")
    assert keys(tmp_path / "b.rec") == [70, 1, 80, 3]
    assert report.headerless == [OFFSETS[3]]
    change(rec, OFFSETS[2], b"?")
    repair(rec, tmp_path / "b.rec", overwrite=True)
    assert keys(tmp_path / "b.rec") == [70, 1, 2]


def test_an_index_that_cannot_be_read_is_told(rec, tmp_path):
    rec.with_suffix(".idx").write_text("hello\n")
    report = repair(rec, tmp_path / "b.rec")
    assert "a.idx, line 1" in report.note
    assert keys(tmp_path / "b.rec") == [0, 1, 2, 3]


@pytest.mark.parametrize("with_index", [True, False])
def test_a_length_that_shrank(rec, tmp_path, with_index):
    if not with_index:
        rec.with_suffix(".idx").unlink()
    change(rec, OFFSETS[1] + 4, bytes([56]))  # of 60
    report = repair(rec, tmp_path / "b.rec")
    assert keys(tmp_path / "b.rec") == [0, 2, 3]
    assert report.left_out[0].start == OFFSETS[1]
    words = "the index says that it ends at 136" if with_index else "its picture has no end"
    assert words in report.left_out[0].cause
    assert report.uncertain == []


def test_a_record_before_damage_that_nothing_speaks_for(tmp_path):
    rec = write(tmp_path / "a.rec", [b"some bytes "] * 3)
    change(rec, 20, b"?")
    assert repair(rec, tmp_path / "b.rec").uncertain == []  # the index does
    rec.with_suffix(".idx").unlink()
    assert repair(rec, tmp_path / "b.rec", overwrite=True).uncertain == [0]
    assert kept(tmp_path / "b.rec") == [b"some bytes "] * 2


def test_records_that_changed_are_left_out(rec, tmp_path):
    write_checksums(rec)
    change(rec, OFFSETS[1] + 60, b"P")
    report = repair(rec, tmp_path / "b.rec")
    assert [(each.start, each.end) for each in report.left_out] == [(OFFSETS[1], OFFSETS[2])]
    assert "a.crc" in report.left_out[0].cause
    fixed = verify(tmp_path / "b.rec")
    assert (fixed.problems, fixed.checksums, report.checksums) == ((), tmp_path / "b.crc", tmp_path / "b.crc")


def test_checksums_of_records_that_moved(rec, tmp_path):
    write_checksums(rec)
    rec.write_bytes(b"junk!" + rec.read_bytes())
    assert repair(rec, tmp_path / "b.rec").records == 4


def test_checksums_of_another_file_are_not_left_beside_the_new_one(rec, tmp_path):
    (tmp_path / "b.crc").write_text("0\t0000000000000000\n")
    with pytest.raises(OutputExistsError, match=r"b\.crc"):
        repair(rec, tmp_path / "b.rec")
    repair(rec, tmp_path / "b.rec", overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.idx", "a.rec", "b.idx", "b.rec"]


@pytest.mark.parametrize("data", [b"junk", bytes(5000), frame_slowly(PICTURE)[:-1]])
def test_a_file_with_nothing_to_save(tmp_path, data):
    rec = tmp_path / "a.rec"
    rec.write_bytes(data)
    with pytest.raises(RecordError, match=r"a\.rec: offset 0: .*; there is no record to save"):
        repair(rec, tmp_path / "b.rec")
    assert [path.name for path in tmp_path.iterdir()] == ["a.rec"]


def test_checksums_that_fit_no_record_save_nothing(rec, tmp_path):
    (tmp_path / "a.crc").write_text("0\t0000000000000000\n")
    with pytest.raises(RecordError, match=r"a\.crc"):
        repair(rec, tmp_path / "b.rec")
    (tmp_path / "a.crc").write_text("hello\n")
    with pytest.raises(RecordError, match=r"a\.crc, line 1"):
        repair(rec, tmp_path / "b.rec")
    assert not (tmp_path / "b.rec").exists()


@pytest.mark.parametrize("target", ["a.rec", "a.idx", "link.rec", "sub/b.rec"])
def test_the_damaged_file_is_never_written_to(rec, tmp_path, target):
    (tmp_path / "link.rec").symlink_to(rec)
    before = rec.read_bytes(), rec.stat().st_mtime_ns
    with pytest.raises(UsageError):
        repair(rec, tmp_path / target, overwrite=True)
    assert (rec.read_bytes(), rec.stat().st_mtime_ns) == before


def test_an_existing_output_is_kept(rec, tmp_path):
    (tmp_path / "b.rec").write_bytes(b"old")
    with pytest.raises(OutputExistsError):
        repair(rec, tmp_path / "b.rec")
    assert (tmp_path / "b.rec").read_bytes() == b"old"
    repair(rec, tmp_path / "b.rec", overwrite=True)
    with RecordReader(tmp_path / "b.rec") as records:
        assert len(records) == 4


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.rec"):
        repair(tmp_path / "none.rec", tmp_path / "b.rec")
    assert list(tmp_path.iterdir()) == []
