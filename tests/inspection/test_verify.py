"""Every kind of thing that can be wrong is found, is told where, and nothing else is."""

import json

import pytest

from gpu_im2rec import PackOptions, TranscodeSpec, pack
from gpu_im2rec.errors import ListError, UsageError
from gpu_im2rec.inspection import verify
from gpu_im2rec.recordio import FaceWriter, RecordWriter, pack_header, read_index, rebuild_index, write_checksums

PICTURE = b"\xff\xd8\xffpicture\xff\xd9"


def found(report):
    return {str(finding.kind): finding.count for finding in (*report.problems, *report.notes)}


def example(report, kind):
    return next(each for each in (*report.problems, *report.notes) if each.kind == kind).examples[0]


def write(path, *payloads):
    """Records with the keys 0, 1, …; bytes are contents below a header, pairs (header, content)."""
    with RecordWriter(path, overwrite=True) as writer:
        for number, payload in enumerate(payloads):
            header, content = payload if isinstance(payload, tuple) else (None, payload)
            writer.append(number, pack_header(number, [1.0], packed=False) if header is None else header, content)
    return path


@pytest.fixture
def rec(tmp_path):
    return write(tmp_path / "a.rec", *[PICTURE] * 4)


OFFSETS = [0, 44, 88, 132]  # of rec, whose records have a payload of 36 bytes


def change(rec, offset, new):
    data = bytearray(rec.read_bytes())
    data[offset : offset + len(new)] = new
    rec.write_bytes(data)


@pytest.fixture
def packed(photo_folder):
    pack(photo_folder.list, photo_folder.root, photo_folder.out, PackOptions(transcode=TranscodeSpec(resize=64)))
    write_checksums(photo_folder.out)
    return photo_folder


def test_a_good_file(packed):
    report = verify(packed.out, list_path=packed.list, root=packed.root, decode=True)
    assert found(report) == {}
    assert (report.exit_code, report.records, report.entries, report.decoded) == (0, 12, 12, 12)
    assert (report.compared.equal, report.compared.alike) == (0, 12)
    assert (report.idx, report.checksums) == (packed.out.with_suffix(".idx"), packed.out.with_suffix(".crc"))
    assert json.loads(json.dumps(report.to_dict()))["ok"] is True


def test_what_was_not_asked_for_is_not_claimed(rec):
    report = verify(str(rec))
    assert (report.list, report.decoded, report.compared, report.checksums) == (None, None, None, None)


def test_bytes_that_belong_to_no_record(rec):
    change(rec, OFFSETS[1], b"?")
    report = verify(rec)
    assert found(report) == {"damage": 1, "points nowhere": 1}
    assert report.exit_code == 4
    assert report.records == 3
    assert example(report, "damage").offset == OFFSETS[1]
    assert example(report, "damage").message.startswith("44 bytes up to 88 belong to no record: no head of a record")


def test_a_length_that_betrays_itself_by_a_magic_inside(rec):
    change(rec, OFFSETS[1] + 4, bytes([36 + 44]))  # one record longer: its end is a head all the same
    report = verify(rec)
    assert found(report) == {"damage": 1, "points nowhere": 1}
    assert "holds the head of another" in example(report, "damage").message


def test_records_at_offsets_that_readers_refuse(rec):
    rec.write_bytes(b"abc" + rec.read_bytes())
    report = verify(rec)
    assert found(report) == {"damage": 1, "shifted record": 4, "points nowhere": 4, "no records": 1}
    assert example(report, "shifted record").offset == 3


def test_padding(tmp_path):
    rec = write(tmp_path / "a.rec", PICTURE, PICTURE + b"1", PICTURE + b"12", PICTURE + b"123")
    sizes = [int(each) for each in read_index(rec.with_suffix(".idx")).offsets]
    assert found(verify(rec)) == {}
    change(rec, sizes[2] - 1, b"x")  # the last of three bytes
    change(rec, sizes[3] - 2, b"x")
    report = verify(rec)
    assert found(report) == {"padding": 2}
    assert (example(report, "padding").offset, example(report, "padding").id) == (sizes[1], 1)


def test_a_file_without_records(tmp_path):
    assert found(verify(write(tmp_path / "a.rec"))) == {"no records": 1}


@pytest.mark.parametrize("payload", [b"", b"short", b"\5" + bytes(30)])
def test_no_image_header(tmp_path, payload):
    report = verify(write(tmp_path / "a.rec", (b"", payload), PICTURE), decode=True)
    assert {kind: count for kind, count in found(report).items() if kind != "undecodable"} == {"no image header": 1}
    assert (example(report, "no image header").offset, example(report, "no image header").id) == (0, None)


def test_contents_that_are_no_pictures(tmp_path):
    two = pack_header(3, [1, 2], packed=True)
    report = verify(write(tmp_path / "a.rec", PICTURE, b"", b"hello", (two, b""), b"\xff", b"\x89PNG\r\n\x1a\n", b"BM"))
    assert found(report) == {"no picture": 2, "not an image": 2}
    assert [each.id for each in report.problems[0].examples] == [1, 3]
    assert [each.id for each in report.problems[1].examples] == [2, 4]


def test_nan_and_duplicates_are_notes(tmp_path):
    nan = pack_header(7, [1, float("nan"), float("nan")], packed=True)
    headers = [nan, pack_header(7, [float("nan")], packed=False), pack_header(1, [2], packed=False)]
    report = verify(write(tmp_path / "a.rec", *[(header, PICTURE) for header in headers]))
    assert found(report) == {"label nan": 2, "duplicate ids": 1}
    assert report.exit_code == 0
    assert (example(report, "duplicate ids").offset, example(report, "duplicate ids").id) == (56, 7)


def test_examples_are_few(tmp_path):
    report = verify(write(tmp_path / "a.rec", *[b"hello"] * 100))
    assert found(report) == {"not an image": 100}
    assert [each.id for each in report.problems[0].examples] == [0, 1, 2, 3, 4]


class TestIndex:
    def rewrite(self, rec, change):
        idx = rec.with_suffix(".idx")
        lines = idx.read_text().splitlines()
        idx.write_text("".join(line + "\n" for line in change(lines)))
        return verify(rec)

    def test_missing(self, rec):
        rec.with_suffix(".idx").unlink()
        report = verify(rec)
        assert found(report) == {"index": 1}
        assert "gpu-im2rec index" in example(report, "index").message
        assert report.idx is None

    def test_not_an_index(self, rec):
        report = self.rewrite(rec, lambda lines: [*lines[:2], "hello"])
        assert found(report) == {"index": 1}
        assert "a.idx, line 3" in example(report, "index").message

    def test_lines_that_point_nowhere_and_records_without(self, rec):
        report = self.rewrite(rec, lambda lines: [lines[0], "1\t40", *lines[2:], "9\t9999999999999999999"])
        assert found(report) == {"not in the index": 1, "points nowhere": 2}
        assert (example(report, "not in the index").offset, example(report, "not in the index").id) == (OFFSETS[1], 1)
        assert example(report, "points nowhere").offset == 40

    def test_empty(self, rec):
        assert found(self.rewrite(rec, lambda lines: [])) == {"not in the index": 4}

    def test_a_wrong_key(self, rec):
        report = self.rewrite(rec, lambda lines: [*lines[:3], "8\t132"])
        assert found(report) == {"wrong key": 1}
        assert (example(report, "wrong key").offset, example(report, "wrong key").id) == (OFFSETS[3], 3)
        assert "8" in example(report, "wrong key").message

    @pytest.mark.parametrize(
        "change",
        [lambda lines: lines[::-1], lambda lines: [*lines, lines[2]], lambda lines: [*lines, "77\t44", "78\t44"]],
    )
    def test_another_order_and_a_record_under_two_keys_are_fine(self, rec, change):
        assert found(self.rewrite(rec, change)) == {}

    def test_keys_by_number_are_fine(self, tmp_path):
        """As rec2idx.py and insightface's shuffle_rec.py have them."""
        rec = tmp_path / "a.rec"
        with RecordWriter(rec) as writer:
            for number in (7, 3, 9):
                writer.append(number, pack_header(number, [1.0], packed=False), PICTURE)
        rebuild_index(rec, keys="number", overwrite=True)
        assert found(verify(rec)) == {}
        change(rec, OFFSETS[1], b"?")
        assert found(verify(rec)) == {"damage": 1, "points nowhere": 1}


class TestChecksums:
    @pytest.fixture
    def crc(self, rec):
        write_checksums(rec)
        return rec.with_suffix(".crc")

    def test_a_changed_record(self, rec, crc):
        change(rec, OFFSETS[2] + 40, b"P")
        report = verify(rec)
        assert found(report) == {"changed record": 1}
        assert (example(report, "changed record").offset, example(report, "changed record").id) == (OFFSETS[2], 2)

    def test_records_that_came_and_went(self, rec, crc):
        lines = crc.read_text().splitlines(keepends=True)
        crc.write_text(lines[0] + lines[2] + lines[3] + "200\t0000000000000000\n300\t0000000000000000\n")
        change(rec, OFFSETS[2], b"?")
        report = verify(rec)
        assert found(report) == {"damage": 1, "points nowhere": 1, "no checksum": 1, "lost record": 3}
        assert example(report, "no checksum").offset == OFFSETS[1]
        lost = next(finding for finding in report.problems if finding.kind == "lost record")
        assert [each.offset for each in lost.examples] == [OFFSETS[2], 200, 300]

    @pytest.mark.parametrize("line", [0, 1, 4])
    def test_no_file_of_checksums(self, rec, crc, line):
        lines = crc.read_text().splitlines(keepends=True)
        crc.write_text("".join([*lines[:line], "hello\n"]))
        report = verify(rec)
        assert found(report).pop("checksums") == 1
        assert found(report).keys() <= {"checksums", "no checksum"}
        assert f"a.crc, line {line + 1}" in example(report, "checksums").message
        assert report.checksums is None


class TestInsightface:
    """Its records without pictures are there on purpose, and its ids are not the list's."""

    @pytest.fixture
    def faces(self, folder, jpeg):
        for number, label in enumerate((0, 0, 1, 2)):
            folder.add(f"{number}.jpg", jpeg, labels=str(label), index=10 * number)
        spec = TranscodeSpec(pass_through=True)
        pack(folder.list, folder.root, folder.out, PackOptions(layout="insightface", transcode=spec))
        return folder

    def test_a_good_file(self, faces):
        report = verify(faces.out, list_path=faces.list, root=faces.root, decode=True)
        assert found(report) == {}
        assert (report.records, report.entries, report.decoded, report.compared.equal) == (8, 4, 4, 4)

    def test_labels_are_compared(self, faces):
        faces.list.write_text(faces.list.read_text().replace("20\t1\t", "20\t5\t"))
        report = verify(faces.out, list_path=faces.list)
        assert found(report) == {"wrong labels": 1}
        assert (example(report, "wrong labels").id, example(report, "wrong labels").line) == (3, 3)

    def test_faces_that_are_not_there(self, tmp_path):
        with RecordWriter(tmp_path / "a.rec") as writer:
            faces = FaceWriter(writer)
            for label in (0.0, 0.0, 1.0):
                faces.append(label, PICTURE)
            faces.finish()
        rec = tmp_path / "a.rec"
        assert found(verify(rec)) == {}
        rec.write_bytes(rec.read_bytes()[OFFSETS[1] :])
        rebuild_index(rec, overwrite=True)
        report = verify(rec)
        assert found(report) == {"faces": 1}
        assert example(report, "faces").message == "2 pictures, but the record of key 0 says 3"


def test_pictures_that_cannot_be_decoded(folder, jpeg):
    for number in range(70):
        folder.add(f"{number}.jpg", jpeg if number != 40 else jpeg[: len(jpeg) // 2] + b"\xff\xd9")
    spec = TranscodeSpec(pass_through=True)
    pack(folder.list, folder.root, folder.out, PackOptions(transcode=spec))
    assert found(verify(folder.out)) == {}
    report = verify(folder.out, decode=True)
    assert found(report) == {"undecodable": 1}
    assert report.decoded == 70
    where = example(report, "undecodable")
    assert where.id == 40
    assert where.offset == int(read_index(folder.out.with_suffix(".idx")).offsets[40])
    assert where.message == "corrupt: Corrupt JPEG data: premature end of data segment"


def test_a_strip_of_any_length_can_be_decoded(folder, photo):
    from tests.conftest import encoded

    folder.add("strip.png", encoded(photo.resize((200_000, 1)), "png"))
    pack(folder.list, folder.root, folder.out, PackOptions(transcode=TranscodeSpec(pass_through=True)))
    assert found(verify(folder.out, decode=True)) == {}


def test_wrong_usage(rec, tmp_path):
    with pytest.raises(UsageError, match="--list"):
        verify(rec, root=tmp_path)
    with pytest.raises(ListError, match=r"none\.lst"):
        verify(rec, list_path=tmp_path / "none.lst")
    with pytest.raises(FileNotFoundError):
        verify(tmp_path / "none.rec")


def test_it_tells_how_far_it_is(packed):
    steps = []
    verify(packed.out, list_path=packed.list, progress=steps.append)
    assert steps[0].unit == "bytes"
    assert steps[-1].unit == "entries"
    assert all(step.done <= step.total for step in steps)
