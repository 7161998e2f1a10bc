"""insightface's layout, byte for byte as its own builder writes it (rec_builder.py, RecBuilder)."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_im2rec.errors import RecordError
from gpu_im2rec.recordio import FaceWriter, RecordWriter, insightface, iter_faces, iter_records, pack_header
from tests.recordio.reference import frame_slowly


def write(path, faces):
    with RecordWriter(path, overwrite=True) as writer:
        face_writer = FaceWriter(writer)
        for label, content in faces:
            face_writer.append(label, content)
        face_writer.finish()
    return face_writer.identities


def as_rec_builder(groups):
    """The records of RecBuilder.add(label, pictures) … close(), in order: (key, payload)."""
    key, rows, identities = 1, [], []
    for label, pictures in groups:
        first = key
        for picture in pictures:
            rows.append((key, struct.pack("<IfQQ", 0, label, key, 0) + picture))
            key += 1
        identities.append((first, key))
    start = key
    for identity in identities:
        rows.append((key, struct.pack("<IfQQ2f", 2, 0.0, key, 0, *identity)))
        key += 1
    rows.append((0, struct.pack("<IfQQ2f", 2, 0.0, 0, 1, start, key)))
    return rows


@settings(deadline=None)
@given(counts=st.lists(st.integers(1, 4), min_size=1, max_size=6))
def test_the_bytes_are_those_of_insightfaces_builder(tmp_path_factory, counts):
    path = tmp_path_factory.mktemp("faces") / "f.rec"
    groups = [(float(3 * n), [b"face %d %d" % (n, k) for k in range(count)]) for n, count in enumerate(counts)]
    identities = write(path, [(label, picture) for label, pictures in groups for picture in pictures])
    rec, idx = b"", b""
    for key, payload in as_rec_builder(groups):
        idx += b"%d\t%d\n" % (key, len(rec))
        rec += frame_slowly(payload)
    assert path.read_bytes() == rec
    assert path.with_suffix(".idx").read_bytes() == idx
    assert identities == len(counts)
    assert [bytes(face.content) for face in iter_faces(path)] == [p for _, pictures in groups for p in pictures]


def test_the_older_tools_files_are_read(tmp_path):
    """face2rec2.py: two labels a face, the record of key 0 before the identities."""
    path = tmp_path / "f.rec"
    with RecordWriter(path) as writer:
        for key in (1, 2, 3):
            writer.append(key, pack_header(key, (key // 2, 1.0), packed=True), b"face")
        writer.append(0, pack_header(0, (4, 6), packed=True), b"")
        for key, span in ((4, (1, 2)), (5, (2, 4))):
            writer.append(key, pack_header(key, span, packed=True), b"")
    assert [float(face.labels[0]) for face in iter_faces(path)] == [0, 1, 1]


def records(path, *rows):
    with RecordWriter(path) as writer:
        for key, labels, content in rows:
            writer.append(key, pack_header(key, labels, packed=True), content)
    return path


def test_a_plain_file_is_told(tmp_path):
    path = records(tmp_path / "p.rec", (0, [1.0], b"face"))
    with pytest.raises(RecordError, match=r"p\.rec: no record says where the faces end"):
        list(iter_faces(path))


def test_a_file_that_lost_faces_is_told(tmp_path):
    path = records(tmp_path / "p.rec", (1, [1.0], b"face"), (3, (1, 3), b""), (0, (3, 4), b""))
    with pytest.raises(RecordError, match="offset 76: 1 faces, but this record of key 0 says 2"):
        list(iter_faces(path))


def test_a_face_without_a_picture_is_told(tmp_path):
    path = records(tmp_path / "p.rec", (1, [1.0], b""), (0, (2, 3), b""))
    with pytest.raises(RecordError, match="offset 0: neither a picture nor an identity"):
        list(iter_faces(path))


def test_more_keys_than_float32_holds_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(insightface, "MAX_RECORDS", 5)
    write(tmp_path / "a.rec", [(0.0, b"x")] * 3)
    assert len(list(iter_records(tmp_path / "a.rec"))) == 5
    with pytest.raises(RecordError, match="6 records; insightface's layout, whose keys are float32, holds 5"):
        write(tmp_path / "b.rec", [(0.0, b"x")] * 4)
    assert not (tmp_path / "b.rec").exists()
