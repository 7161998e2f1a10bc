"""The catalog of records, against the readers of single records."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec.errors import ListError
from gpu_im2rec.recordio import RecordWriter, pack_header
from gpu_im2rec.recordio.framing import MAGIC_BYTES, frame
from gpu_im2rec.recordio.glance import GLANCE_BYTES, glance
from gpu_im2rec.recordio.image_record import read_image_record
from gpu_im2rec.showing.catalog import Catalog
from gpu_im2rec.showing.class_names import ClassNames, read_class_names

records = st.tuples(
    st.integers(0, (1 << 64) - 1), st.lists(st.floats(width=32), min_size=1, max_size=4), st.binary(max_size=50)
)


@given(st.lists(records, min_size=1, max_size=5))
def test_a_glance_tells_what_reading_the_record_does(some):
    framed = [b"".join(frame(pack_header(index, labels, packed=True), content)) for index, labels, content in some]
    seen = glance([data[:GLANCE_BYTES] for data in framed])
    for row, data in enumerate(framed):
        one = read_image_record(data, 0)
        labels = np.atleast_1d(np.float32(one.label))
        if not seen.fits[row]:
            assert int.from_bytes(data[4:8], "little") >> 29 == 1, "only a record cut in its header is not understood"
            continue
        assert seen.ids[row] == one.id
        assert seen.counts[row] == len(labels)
        np.testing.assert_array_equal(seen.labels[row], labels[0])
        if int.from_bytes(data[4:8], "little") >> 29 == 0:
            assert seen.sizes[row] == len(one.content)


@pytest.mark.parametrize("start", [b"", MAGIC_BYTES, b"\xff" * GLANCE_BYTES, MAGIC_BYTES + b"\x08\0\0\0" + b"\1" * 28])
def test_what_is_no_image_record_does_not_fit(start):
    seen = glance([start])
    assert not seen.fits[0]
    assert (seen.ids[0], seen.labels[0], seen.counts[0], seen.sizes[0]) == (0, 0, 0, 0)


@pytest.mark.parametrize("has_index", [True, False])
def test_a_catalog_over_two_files(tmp_path, has_index):
    for name, ids in (("a", [5, 3]), ("b", [9])):
        with RecordWriter(tmp_path / f"{name}.rec") as writer:
            for index in ids:
                writer.append(index, pack_header(index, [index / 2], packed=False), b"x" * index)
    if not has_index:
        for name in "ab":
            (tmp_path / f"{name}.idx").unlink()
    catalog = Catalog([tmp_path / "a.rec", tmp_path / "b.rec"])
    seen = catalog.glance(0, 3)
    assert seen.fits.all()
    assert seen.ids.tolist() == [5, 3, 9]
    assert seen.labels.tolist() == [2.5, 1.5, 4.5]
    assert seen.sizes.tolist() == [5, 3, 9]
    assert catalog.sizes.sum() == sum((tmp_path / f"{name}.rec").stat().st_size for name in "ab")
    assert catalog.place(2) == (tmp_path / "b.rec", 0)
    assert bytes(catalog.record(1).content) == b"xxx"
    assert bytes(catalog.payload(1)).endswith(b"xxx")
    assert len(catalog.payload(1)) == 27
    catalog.close()


def test_class_names_are_found_beside_the_file(tmp_path):
    rec = tmp_path / "out.rec"
    assert read_class_names(rec).told(3.0) == "3"
    (tmp_path / "classes.txt").write_text("ant\nbee\n\nwasp\n")
    names = read_class_names(rec)
    assert [names.told(label) for label in (0.0, 1.0, 2.0, 3.0, 4.0, -1.0, 0.5, float("nan"))] == [
        "0 ant", "1 bee", "2", "3 wasp", "4", "-1", "0.5", "nan",
    ]  # fmt: skip
    (tmp_path / "others.txt").write_bytes(b"caf\xe9")
    assert read_class_names(rec, tmp_path / "others.txt").names == ("caf\ufffd",)
    with pytest.raises(ListError, match="No such file"):
        read_class_names(rec, tmp_path / "missing.txt")


@pytest.mark.parametrize("said", ['{"options": {"list": "/"}}', '{"options": {"list": ""}}', "[" * 100_000, "[7]"])
def test_a_report_from_a_stranger_names_no_list(tmp_path, said, monkeypatch):
    """Nor one in the folder that happens to be the current one."""
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "classes.txt").write_text("wrong\n")
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "out.report.json").write_text(said)
    assert read_class_names(tmp_path / "out.rec").names == ()


def test_names_of_none():
    assert ClassNames(()).of(0.0) == ""


def test_a_file_that_has_become_shorter(tmp_path):
    with RecordWriter(tmp_path / "a.rec") as writer:
        for index in range(100):
            writer.append(index, pack_header(index, [1.0], packed=False), b"1234")
    catalog = Catalog(tmp_path / "a.rec")
    os.truncate(tmp_path / "a.rec", int(catalog.offsets[60]))
    assert catalog.glance(0, 100).fits.tolist() == [True] * 60 + [False] * 40
    catalog.close()
