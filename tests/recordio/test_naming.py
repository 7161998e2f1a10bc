from pathlib import Path

import pytest

from gpu_im2rec.errors import RecordError
from gpu_im2rec.recordio import RecordReader, RecordWriter, beside, pack_header, rebuild_index


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("train.rec", "train.idx"),
        ("train", "train.idx"),
        ("a.b.rec", "a.b.idx"),
        ("out.rec.part000", "out.rec.part000.idx"),
        ("out.rec.part1234", "out.rec.part1234.idx"),
        ("imagenet.train", "imagenet.train.idx"),
        ("x.idx", "x.idx"),
    ],
)
def test_the_index_is_called_after_the_records(name, index):
    assert beside(Path("folder", name), ".idx") == Path("folder", index)


@pytest.mark.parametrize("name", [".", "/", "..", ""])
def test_a_folder_has_no_records_and_that_is_said(name):
    with pytest.raises((RecordError, IsADirectoryError)):
        RecordReader(name)


def test_an_index_where_gluon_looks_is_found_too(tmp_path):
    with RecordWriter(tmp_path / "a.bin", index_path=tmp_path / "a.idx") as writer:
        writer.append(7, pack_header(7, [0.0], packed=False), b"x")
    with RecordReader(tmp_path / "a.bin") as records:
        assert list(records.keys) == [7]
    (tmp_path / "a.bin.idx").write_text("8\t0\n")
    with RecordReader(tmp_path / "a.bin") as records:
        assert list(records.keys) == [8]


def test_the_index_of_another_file_is_not_taken(tmp_path):
    for name in ("data.rec", "data.v1"):
        with RecordWriter(tmp_path / name) as writer:
            writer.append(7, pack_header(7, [0.0], packed=False), b"x")
    (tmp_path / "data.v1.idx").unlink()
    with pytest.raises(RecordError, match=r"data\.v1\.idx is missing"):
        RecordReader(tmp_path / "data.v1")


def test_parts_of_one_output_have_an_index_each(tmp_path):
    for number in (0, 1):
        with RecordWriter(tmp_path / f"o.rec.part{number:03}") as writer:
            writer.append(number, pack_header(number, [0.0], packed=False), b"x")
    for number in (0, 1):
        part = tmp_path / f"o.rec.part{number:03}"
        with RecordReader(part) as records:
            assert list(records.keys) == [number]
        index = part.with_name(f"{part.name}.idx")
        before = index.read_bytes()
        index.unlink()
        assert rebuild_index(part) == 1
        assert index.read_bytes() == before
