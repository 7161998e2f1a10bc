from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec.errors import OutputExistsError, RecordError, UsageError
from gpu_im2rec.recordio import RecordWriter, pack_header, rebuild_index

from .reference import MAGIC, frame_slowly, payloads

MAGIC_WORD = int.from_bytes(MAGIC, "little")

indices = st.one_of(st.integers(0, 2**64 - 1), st.sampled_from([MAGIC_WORD, MAGIC_WORD << 32]))


@given(st.lists(st.tuples(indices, st.integers(1, 4), payloads), max_size=5))
def test_the_writers_own_index(tmp_path_factory: pytest.TempPathFactory, records: list[tuple[int, int, bytes]]) -> None:
    rec = tmp_path_factory.getbasetemp() / "rebuilt.rec"
    with RecordWriter(rec, overwrite=True) as writer:
        offsets = [
            writer.append(index, pack_header(index, [1.0] * width, packed=True), content)
            for index, width, content in records
        ]
    idx = rec.with_suffix(".idx")
    written = idx.read_bytes()
    idx.unlink()
    assert rebuild_index(str(rec)) == len(records)
    assert idx.read_bytes() == written

    assert rebuild_index(rec, str(idx), keys="number", overwrite=True) == len(records)
    assert idx.read_bytes() == b"".join(b"%d\t%d\n" % row for row in enumerate(offsets))
    assert not list(rec.parent.glob("*.part"))


def test_any_records_are_indexed_by_number(tmp_path: Path) -> None:
    rec = tmp_path / "a.rec"
    rec.write_bytes(frame_slowly(b"") + frame_slowly(MAGIC) + frame_slowly(b"xyz"))
    assert rebuild_index(rec, tmp_path / "other", keys="number") == 3
    assert (tmp_path / "other").read_bytes() == b"0\t0\n1\t8\n2\t24\n"


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b"short", "no image record: its header has 24 bytes, the payload 5"),
        (MAGIC + bytes(8), "no image record: its header has 24 bytes, the payload 12"),
        (b"\5" + bytes(30), "no image record: 5 labels do not fit into a payload of 31 bytes"),
    ],
)
def test_records_without_an_id(tmp_path: Path, payload: bytes, message: str) -> None:
    rec = tmp_path / "a.rec"
    good = frame_slowly(pack_header(7, [1.0], packed=False))
    rec.write_bytes(good + frame_slowly(payload))
    with pytest.raises(RecordError, match=rf"a\.rec: offset {len(good)}: {message}; index .* by record number"):
        rebuild_index(rec)
    assert [path.name for path in tmp_path.iterdir()] == ["a.rec"]


def test_a_broken_file_gets_no_index_and_loses_none(tmp_path: Path) -> None:
    rec, idx = tmp_path / "a.rec", tmp_path / "a.idx"
    rec.write_bytes(frame_slowly(b"abcd") + b"JFIF")
    with pytest.raises(RecordError, match=r"a\.rec: offset 12: "):
        rebuild_index(rec, keys="number")
    assert not idx.exists()
    idx.write_bytes(b"old")
    with pytest.raises(RecordError):
        rebuild_index(rec, keys="number", overwrite=True)
    assert idx.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.idx", "a.rec"]


@pytest.mark.parametrize("name", ["a.idx", "a.idx.part"])
def test_what_is_there_already_is_kept(tmp_path: Path, name: str) -> None:
    rec, there = tmp_path / "a.rec", tmp_path / name
    rec.write_bytes(frame_slowly(b"abcd"))
    there.write_bytes(b"old")
    with pytest.raises(OutputExistsError, match=name):
        rebuild_index(rec, keys="number")
    assert there.read_bytes() == b"old"
    assert rebuild_index(rec, keys="number", overwrite=True) == 1
    assert (tmp_path / "a.idx").read_bytes() == b"0\t0\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.idx", "a.rec"]


def test_the_record_file_is_never_overwritten_by_its_index(tmp_path: Path) -> None:
    rec = tmp_path / "a.idx"
    rec.write_bytes(frame_slowly(b"abcd"))
    with pytest.raises(UsageError, match=r"a\.idx cannot be both"):
        rebuild_index(rec, keys="number", overwrite=True)
    assert rec.read_bytes() == frame_slowly(b"abcd")


def test_a_missing_record_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"a\.rec"):
        rebuild_index(tmp_path / "a.rec")
    assert list(tmp_path.iterdir()) == []
