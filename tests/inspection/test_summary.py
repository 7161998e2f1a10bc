import pytest

from gpu_im2rec import PackOptions, TranscodeSpec, pack
from gpu_im2rec.errors import RecordError
from gpu_im2rec.inspection import summarize
from gpu_im2rec.inspection import summary as summary_module
from gpu_im2rec.recordio import RecordWriter, pack_header
from gpu_im2rec.recordio.insightface import FaceWriter


@pytest.fixture
def packed(photo_folder):
    pack(
        photo_folder.list, photo_folder.root, photo_folder.out, PackOptions(transcode=TranscodeSpec(pass_through=True))
    )
    return photo_folder.out


def test_counts(packed, photo_folder):
    summary = summarize(packed)
    sizes = [path.stat().st_size for path in photo_folder.root.iterdir()]
    assert (summary.records, summary.bytes) == (12, packed.stat().st_size)
    assert (summary.smallest, summary.largest) == (min(sizes), max(sizes))
    assert summary.ids == (0, 11)
    assert summary.formats == {"JPEG": 4, "PNG": 4, "WebP": 4}
    assert summary.label_widths == {1: 12}
    assert summary.labels == {0.0: 3, 1.0: 3, 2.0: 3, 3.0: 3}
    assert summary.index_fits
    assert summary.to_dict()["labels"][0] == [0.0, 3]


def test_what_others_wrote(tmp_path):
    """Packed labels, an id twice, a record without a picture, and one that holds no image."""
    path = tmp_path / "odd.rec"
    with RecordWriter(path) as writer:
        writer.append(0, pack_header(7, [1, 2, 3], packed=True), b"\xff\xd8\xff")
        writer.append(1, pack_header(7, [4], packed=False), b"")
        writer.append(2, pack_header(2**63, [5], packed=False), b"hello")
    summary = summarize(path)
    assert summary.formats == {"JPEG": 1, "empty": 1, "unknown": 1}
    assert summary.label_widths == {3: 1, 1: 2}
    assert (summary.duplicate_ids, summary.ids) == (1, (7, 2**63))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda idx, lines: idx.unlink(), "missing"),
        (lambda idx, lines: idx.write_text("".join(lines[:-1])), "does not list"),
        (lambda idx, lines: idx.write_text("".join(lines) + "99\t123456788\n"), "1 records more"),
        (lambda idx, lines: idx.write_text("0\t4\n"), "does not list the record at offset 0"),
        (lambda idx, lines: idx.write_text("no index\n"), "no index|line 1|:1"),
    ],
)
def test_an_index_that_does_not_fit(packed, change, words):
    idx = packed.with_suffix(".idx")
    change(idx, idx.read_text().splitlines(keepends=True))
    summary = summarize(packed)
    assert not summary.index_fits
    assert summary.records == 12
    import re

    assert re.search(words, summary.index)
    assert "gpu-im2rec index" in summary.index


def test_an_index_in_another_order_fits(packed):
    idx = packed.with_suffix(".idx")
    idx.write_text("".join(reversed(idx.read_text().splitlines(keepends=True))))
    assert summarize(packed).index_fits


def test_a_damaged_file_is_an_error(packed):
    packed.write_bytes(packed.read_bytes()[:-20])
    with pytest.raises(RecordError, match="offset"):
        summarize(packed)


def test_more_labels_than_are_counted(packed, monkeypatch):
    monkeypatch.setattr(summary_module, "_LABELS_COUNTED", 2)
    summary = summarize(packed)
    assert len(summary.labels) == 2
    assert not summary.labels_complete


def test_an_empty_file(tmp_path):
    (tmp_path / "empty.rec").write_bytes(b"")
    (tmp_path / "empty.idx").write_bytes(b"")
    summary = summarize(tmp_path / "empty.rec")
    assert (summary.records, summary.ids) == (0, None)


def test_insightfaces_layout_is_recognised(tmp_path):
    path = tmp_path / "faces.rec"
    with RecordWriter(path) as writer:
        faces = FaceWriter(writer)
        for label in (0, 0, 7):
            faces.append(label, b"\xff\xd8\xff")
        faces.finish()
    summary = summarize(path)
    assert (summary.records, summary.identities) == (3, 3)
    assert summary.labels == {0.0: 2, 7.0: 1}
    assert summary.ids == (1, 3)
    assert summary.index_fits
