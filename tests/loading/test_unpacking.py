"""What was packed comes out, and what is packed again is what was there."""

import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_im2rec import PackOptions, TranscodeSpec, pack, read_list
from gpu_im2rec.im2rec.tool import run as im2rec
from gpu_im2rec.loading.unpacking import unpack
from gpu_im2rec.recordio import FaceWriter, RecordWriter, iter_records, pack_header
from tests.conftest import encoded
from tests.loading.again import is_the_same, packed_again

PASS_THROUGH = TranscodeSpec(pass_through=True)
PICTURE = bytes.fromhex("ffd8 ffc0000b080001000101011100 ffda0008010100003f00 00 ffd9")
PNG = bytes.fromhex("89504e470d0a1a0a 0000000049454e44ae426082")


@pytest.fixture
def mixed(folder, photo):
    """A shuffled list of JPEGs and PNGs with gaps between its ids, and classes that are numbers or not."""
    for number in range(30):
        image = photo.crop((number, 0, number + 60, 50))
        label = ("0", "3", "16777215", "0.1", "-2", "1e20", "nan", "-inf", "-0.0")[number % 9]
        folder.add(f"{number}.img", encoded(image, ("jpeg", "png")[number % 2]), labels=label, index=number**5)
    lines = folder.lines[:]
    random.Random(5).shuffle(lines)
    folder.list.write_text("".join(f"{line}\n" for line in lines))
    return folder


def several(folder, *widths):
    """More labels for each line, so many as ``widths`` say in turn."""
    rows = [line.split("\t") for line in folder.list.read_text().splitlines()]
    lines = []
    for number, (index, label, *_, path) in enumerate(rows):
        more = [f"{number / 7:.3f}"] * (widths[number % len(widths)] - 1)
        lines.append("\t".join([index, label, *more, path]))
    folder.list.write_text("".join(f"{line}\n" for line in lines))


def check(rec, tmp_path, **expected):
    """Unpack, compare with the records, pack again, compare."""
    report = unpack(rec, tmp_path / "out dir")
    records = [record for record in iter_records(rec) if len(record.content) or record.header.flag != 2]
    assert report.pictures == len(records)
    for record, entry in zip(records, read_list(report.list), strict=True):
        assert (report.folder / entry.path).read_bytes() == record.content
        assert entry.index == record.header.index
        assert np.array(entry.labels, np.float32).tobytes() == record.labels.tobytes()
    assert sum(path.is_file() for path in report.folder.rglob("*")) == len(records)
    for name, value in expected.items():
        assert getattr(report, name) == value
    assert is_the_same(report) == (report.notes == ())
    return report


@pytest.mark.parametrize("transcode", [PASS_THROUGH, TranscodeSpec(resize=40), TranscodeSpec(encoding="png")])
@pytest.mark.parametrize("widths", [(1,), (3,), (1, 4, 2)])
def test_there_and_back_and_there(mixed, tmp_path, transcode, widths):
    several(mixed, *widths)
    pack(mixed.list, mixed.root, mixed.out, PackOptions(transcode=transcode, pack_label=len(widths) + widths[0] > 2))
    check(mixed.out, tmp_path, notes=(), repeated_ids=0, bytes=sum(len(r.content) for r in iter_records(mixed.out)))


def test_the_command_is_for_a_shell(mixed, tmp_path):
    pack(mixed.list, mixed.root, mixed.out, PackOptions(transcode=PASS_THROUGH))
    report = unpack(mixed.out, tmp_path / "it's out; dir")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(report.pack_again, shell=True, check=True, capture_output=True, env=os.environ | {"PATH": path})
    assert (tmp_path / "it's out; dir-again.rec").read_bytes() == mixed.out.read_bytes()


def test_names_that_begin_with_a_hyphen(mixed, tmp_path, monkeypatch):
    pack(mixed.list, mixed.root, mixed.out, PackOptions(transcode=PASS_THROUGH))
    monkeypatch.chdir(tmp_path)
    assert packed_again(unpack(mixed.out, "-out")).read_bytes() == mixed.out.read_bytes()


@pytest.mark.parametrize("widths", [(2,), (5,)])
def test_the_cpp_tools_packed_labels(mixed, tmp_path, widths):
    """The first stands in the header, too; our im2rec writes it so again. The folder has the old root's beginning."""
    several(mixed, *widths)
    im2rec([str(mixed.list), f"{mixed.root}/", str(mixed.out), "pack_label=1", f"label_width={widths[0]}", "resize=30"])
    shutil.copytree(mixed.root, tmp_path / "out dirrecords-0-999")  # which "out dir" + "records-0-999" must not find
    report = check(mixed.out, tmp_path, notes=())
    assert report.pack_again.startswith("im2rec ")


def joined(path, *files):
    """One file of the records of several, without an index."""
    path.write_bytes(b"".join(file.read_bytes() for file in files))
    return path


def test_both_tools_labels_in_one_file(mixed, tmp_path):
    """Or the C++ tool's, which has one width for all, in two widths."""
    several(mixed, 3)
    options = PackOptions(pack_label=True, transcode=PASS_THROUGH)
    files = [pack(mixed.list, mixed.root, tmp_path / "python.rec", options).rec]
    for width in (3, 2):
        several(mixed, width)
        files.append(tmp_path / f"{width}.rec")
        words = [str(mixed.list), f"{mixed.root}/", str(files[-1])]
        im2rec([*words, "pack_label=1", f"label_width={width}", "unchanged=1"])
        several(mixed, 1)
    for number, pair in enumerate([files[:2], files[1:]]):
        place = tmp_path / f"{number}"
        place.mkdir()
        [note] = check(joined(place / "both.rec", *pair), place, repeated_ids=30).notes
        assert "another one in the header, which becomes 0" in note.message


def test_insightfaces_layout(folder, photo, tmp_path):
    for number, label in enumerate((0, 0, 5, 1, 1, 1)):
        image = encoded(photo.crop((number, 0, number + 112, 112)), "jpeg")
        folder.add(f"{label}/{number}.jpg", image, labels=str(label), index=50 + number)
    pack(folder.list, folder.root, folder.out, PackOptions(layout="insightface"))
    report = check(folder.out, tmp_path, notes=(), identities=4)
    assert (report.folder / "5" / "3.jpg").is_file()
    again = tmp_path / "out dir-again" / "property"
    assert again.read_bytes() == folder.out.with_name("property").read_bytes()


def faces(path, labels, *, header_first=False, label_width=1, ids_from=1, header=True):
    """insightface's layout in its variants."""
    with RecordWriter(path) as writer:
        records = []

        class Held:
            records = 0

            def append(self, key, header, content):
                records.append((key, header, content))
                self.records += 1

        held = Held()
        face_writer = FaceWriter(held)
        for label in labels:
            face_writer.append(label, PICTURE)
        face_writer.finish()
        for number, label in enumerate(labels):
            values = [label, *[1.0] * (label_width - 1)]
            index = number + ids_from
            records[number] = (index, pack_header(index, values, packed=True), PICTURE)
        if header_first:
            records.insert(len(labels), records.pop())
        if not header:
            records.pop()
        for record in records:
            writer.append(*record)
    return path


@pytest.mark.parametrize(
    ("labels", "variant", "words", "layout"),
    [
        ([0, 0, 1], {}, "", True),
        ([0, 0, 1], {"header_first": True}, "which faces are whose, and not as packing writes it", True),
        ([0, 0, 1], {"label_width": 2}, "several labels, of which this layout keeps the first", True),
        ([0, 0, 1], {"ids_from": 2}, "an id that is not their place", True),
        ([0, 0, 1], {"header": False}, "no picture, as in insightface's layout, and were left out", False),
        ([0, 1, 0], {}, "no picture, as in insightface's layout, and were left out", False),
        ([0, 0.5], {}, "no picture, as in insightface's layout, and were left out", False),
    ],
)
def test_variants_of_insightfaces_layout(tmp_path, labels, variant, words, layout):
    report = check(faces(tmp_path / "a.rec", labels, **variant), tmp_path)
    assert words in "; ".join(note.message for note in report.notes)
    assert bool(report.notes) == bool(words)
    assert ("--layout insightface" in report.pack_again) == layout


def test_a_face_behind_the_identities(tmp_path):
    first, *others = list(iter_records(faces(tmp_path / "a.rec", [0, 0, 1, 1])))
    records = [first, *others[:2], *others[3:], others[2]]
    with RecordWriter(tmp_path / "b.rec") as writer:
        for record in records:
            writer.append(record.header.index, b"", record.payload)
    [note] = check(tmp_path / "b.rec", tmp_path).notes
    assert "which faces are whose" in note.message


def test_an_id_that_is_there_again_loses_nothing(tmp_path):
    rec = tmp_path / "a.rec"
    contents = [PICTURE[:-3] + bytes([number]) + PICTURE[-2:] for number in range(6)]
    with RecordWriter(rec) as writer:
        for number, content in enumerate(contents):
            writer.append(7, pack_header(7, [float(number == 5)], packed=False), content)
    report = check(rec, tmp_path, repeated_ids=4, notes=())
    names = sorted(path.relative_to(report.folder).as_posix() for path in report.folder.rglob("*.jpg"))
    assert names == ["0/7-1.jpg", "0/7-2.jpg", "0/7-3.jpg", "0/7-4.jpg", "0/7.jpg", "1/7.jpg"]


def test_cut_pictures_are_accepted_again(folder, jpeg, tmp_path):
    folder.add("whole.jpg", jpeg)
    folder.add("cut.jpg", jpeg[: len(jpeg) // 2])
    spec = TranscodeSpec(pass_through=True, accept_truncated=True)
    pack(folder.list, folder.root, folder.out, PackOptions(transcode=spec))
    assert "--accept-truncated" in check(folder.out, tmp_path, notes=()).pack_again


def test_keys_that_are_no_ids_are_noticed(mixed, tmp_path):
    pack(mixed.list, mixed.root, mixed.out, PackOptions(transcode=PASS_THROUGH))
    idx = mixed.out.with_suffix(".idx")
    idx.write_text("".join(f"{number}\t{record.offset}\n" for number, record in enumerate(iter_records(mixed.out))))
    [note] = check(mixed.out, tmp_path).notes
    assert (note.records, "another line in the index" in note.message) == (30, True)
    idx.unlink()
    shutil.rmtree(tmp_path / "out dir")
    (tmp_path / "out dir.lst").unlink()
    (tmp_path / "out dir-again.rec").unlink()
    (tmp_path / "out dir-again.idx").unlink()
    check(mixed.out, tmp_path, notes=())


@pytest.mark.parametrize(
    ("payload", "records", "words"),
    [
        (struct.pack("<IfQQ", 0, 1, 3, 9) + PICTURE, 1, "an id2"),
        (struct.pack("<IfQQf", 1, 0, 3, 0, 1) + PICTURE, 1, "flag 1"),
        (struct.pack("<IfQQff", 2, 5, 3, 0, 1, 2) + PICTURE, 1, "another one in the header"),
        (struct.pack("<IIQQ", 0, 0x7FC00001, 3, 0) + PICTURE, 1, "a NaN"),
        (struct.pack("<IIQQ", 0, 0xFFC00000, 3, 0) + PICTURE, 0, ""),
        (struct.pack("<IfQQ", 0, 1, 3, 0), 1, "no picture that packing takes: 1 empty"),
        (struct.pack("<IfQQ", 0, 1, 3, 0) + b"text", 1, "no picture that packing takes: 1 not an image"),
        (struct.pack("<IfQQ", 0, 1, 3, 0) + PNG[:-8], 1, "no picture that packing takes: 1 truncated"),
        (b"too short", 1, "no image header"),
        (struct.pack("<IfQQ", 1 << 19, 0, 3, 0) + bytes(4 << 19), 1, "labels without end"),
    ],
)
def test_what_does_not_come_back_is_said(tmp_path, payload, records, words):
    rec = tmp_path / "a.rec"
    with RecordWriter(rec) as writer:
        writer.append(0, pack_header(0, [1.0], packed=False), PICTURE)
        writer.append(3, b"", payload)
        writer.append(4, pack_header(4, [1.0], packed=False), PNG)
    report = unpack(rec, tmp_path / "out")
    assert [note.records for note in report.notes] == [records] * bool(words)
    assert words in "".join(note.message for note in report.notes)
    assert is_the_same(report) == (not words)
    assert report.to_dict()["notes"] == [{"records": 1, "message": note.message} for note in report.notes]


u32 = st.integers(0, 2**32 - 1)
bits = st.one_of(st.sampled_from([0, 0x3F800000, 0x40000000, 0x80000000, 0x7FC00000, 0x7F800001]), u32)
contents = st.sampled_from([PICTURE] * 6 + [PNG, PICTURE[:-2], PICTURE[:20], b"", b"text"])
ids = st.one_of(st.integers(0, 3), st.integers(0, 2**64 - 1))


@st.composite
def payloads(draw):
    """Of one record that anybody may have written."""
    labels = draw(st.lists(bits, min_size=1, max_size=3))
    packed = len(labels) > 1 or draw(st.integers(0, 9)) == 0
    own = draw(st.sampled_from([0, 0, 0, labels[0], 1])) if packed else labels[0]
    head = struct.pack("<IIQQ", len(labels) * packed, own, draw(ids), draw(st.sampled_from([0] * 9 + [1])))
    return head + struct.pack(f"<{len(labels) * packed}I", *labels * packed) + draw(contents)


bare = [struct.pack("<IfQQff", 2, 0, index, 0, 1, 2) for index in (0, 4)]  # two labels and no picture
odd = st.sampled_from([b"no header", *bare])
files = st.lists(st.one_of(payloads(), payloads(), payloads(), odd), min_size=1, max_size=6)


@settings(max_examples=60)
@given(files, st.booleans(), st.booleans())
def test_nothing_is_noted_where_the_same_bytes_come_back_and_only_there(rows, keyed_by_id, with_picture):
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        rows = [*rows, struct.pack("<IfQQ", 0, 1, 9, 0) + PICTURE] if with_picture else rows
        with RecordWriter(home / "a.rec") as writer:
            for number, payload in enumerate(rows):
                index = struct.unpack_from("<Q", payload, 8)[0] if len(payload) >= 24 else number
                writer.append(index if keyed_by_id else number, b"", payload)
        kept = [p for p in rows if len(p) >= 24 and not (len(p) == 32 and p.startswith(b"\2"))]
        if not kept:
            return
        report = unpack(home / "a.rec", home / "out")
        starts = [24 + 4 * int.from_bytes(payload[:4], "little") for payload in kept]
        written = [(report.folder / entry.path).read_bytes() for entry in read_list(report.list)]
        assert written == [payload[start:] for payload, start in zip(kept, starts, strict=True)]
        assert is_the_same(report) == (report.notes == ())
