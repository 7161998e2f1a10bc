"""Records against the list: what the list says of ids and labels, and what it says of files."""

import json
import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_im2rec import PackOptions, TranscodeSpec, pack
from gpu_im2rec.errors import RecordError
from gpu_im2rec.inspection import list_check, verify
from gpu_im2rec.inspection.labels import digests
from gpu_im2rec.recordio import RecordWriter, pack_header

from .test_verify import PICTURE, example, found


def write(path, rows, *, packed=False, first_twice=False):
    with RecordWriter(path, overwrite=True) as writer:
        for index, *labels in rows:
            writer.append(index, pack_header(index, labels, packed=packed, first_twice=first_twice), PICTURE)
    return path


def against(path, rows, lines):
    """What a comparison finds besides duplicates."""
    (path / "a.lst").write_text("".join(line + "\n" for line in lines))
    report = verify(write(path / "a.rec", rows), list_path=path / "a.lst")
    return report, {kind: count for kind, count in found(report).items() if kind != "duplicate ids"}


ROWS = [(5, 1.0), (3, 2.0), (9, 0.1)]
LINES = ["5\t1\ta.jpg", "3\t2\tb.jpg", "9\t0.1\tc.jpg"]


@pytest.mark.parametrize(
    ("rows", "lines", "expected"),
    [
        (ROWS, LINES, {}),
        (ROWS, [line.replace("\t", " ") for line in LINES], {}),
        (ROWS, ["", *LINES, ""], {}),
        (ROWS, LINES[::-1], {}),
        (ROWS[1:], LINES, {"missing record": 1}),
        (ROWS, LINES[1:], {"not in the list": 1}),
        (ROWS, [], {"not in the list": 3}),
        ([], LINES, {"no records": 1, "missing record": 3}),
        (ROWS, [LINES[0], "4\t2\tb.jpg", LINES[2]], {"missing record": 1, "not in the list": 1}),
        (ROWS, [LINES[0], "3\t2.5\tb.jpg", LINES[2]], {"wrong labels": 1}),
        (ROWS, [LINES[0], "3\t2\t7\tb.jpg", LINES[2]], {}),  # the first alone was stored
        (ROWS, [LINES[0], "3\t7\t2\tb.jpg", LINES[2]], {"wrong labels": 1}),
        (ROWS, [*LINES, LINES[0]], {"missing record": 1}),
        ([*ROWS, ROWS[0]], [*LINES, LINES[0]], {}),
        ([*ROWS, ROWS[0]], LINES, {"not in the list": 1}),
        (ROWS, [*LINES, "hello"], {"malformed line": 1}),
        ([(1, float("nan")), (2, -0.0)], ["1\tnan\ta", "2\t0\tb"], {"label nan": 1}),
        ([(2**64 - 1, 1)], ["18446744073709551615\t1\ta"], {}),
    ],
)
def test_ids_and_labels(tmp_path, rows, lines, expected):
    assert against(tmp_path, rows, lines)[1] == expected


@pytest.mark.parametrize("first_twice", [False, True])
def test_packed_labels_by_either_tool(tmp_path, first_twice):
    rec = write(tmp_path / "a.rec", [(1, 4, 5, 6), (2, 4, 5), (3, 7)], packed=True, first_twice=first_twice)
    (tmp_path / "a.lst").write_text("1\t4\t5\t6\ta\n2\t4\t5.5\tb\n3\t7\tc\n")
    report = verify(rec, list_path=tmp_path / "a.lst")
    assert found(report) == {"wrong labels": 1}
    assert example(report, "wrong labels").message == "labels 4.0, 5.0 in the record, 4.0, 5.5 in the list"
    assert (example(report, "wrong labels").id, example(report, "wrong labels").line) == (2, 2)


def test_where_things_are(tmp_path):
    report, _ = against(tmp_path, ROWS[:2], [LINES[0], "7\t1\tx y.jpg", "bad line"])
    assert (example(report, "missing record").id, example(report, "missing record").line) == (7, 2)
    assert "'x y.jpg'" in example(report, "missing record").message
    assert (example(report, "not in the list").id, example(report, "not in the list").offset) == (3, 44)
    assert example(report, "malformed line").line == 3
    assert report.exit_code == 4


ids = st.lists(st.integers(0, 9) | st.integers(2**64 - 2, 2**64 - 1), max_size=12)


@settings(deadline=None)
@given(ids, ids, st.sampled_from([1, 3, 4096]))
def test_any_order_and_any_repetition(tmp_path_factory, in_file, in_list, at_a_time):
    """Records and entries are paired by id, each once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(list_check, "_LINES", at_a_time)
        rows = [(index, 1.0) for index in in_file]
        _, kinds = against(tmp_path_factory.getbasetemp(), rows, [f"{index}\t1\ta" for index in in_list])
    missing, unlisted = Counter(in_list) - Counter(in_file), Counter(in_file) - Counter(in_list)
    assert (kinds.get("missing record", 0), kinds.get("not in the list", 0)) == (missing.total(), unlisted.total())


label_lists = st.lists(
    st.lists(st.sampled_from([0.0, -0.0, 1.0, 2.0, 1e-45, float("nan"), float("inf")]), min_size=1, max_size=4),
    min_size=1,
    max_size=6,
)


@given(label_lists)
def test_digests_are_equal_where_labels_are(rows):
    counts = np.array([len(row) for row in rows])
    found = digests(np.array([label for row in rows for label in row], np.float32), counts).tolist()
    alone = [digests(np.array(row, np.float32), np.array([len(row)])).tolist()[0] for row in rows]
    assert found == alone
    same = [tuple(str(label + 0.0) for label in row) for row in rows]
    for one in range(len(rows)):
        for other in range(len(rows)):
            assert (found[one] == found[other]) == (same[one] == same[other])


class TestFailed:
    """What pack could not pack is no fault of the file."""

    @pytest.fixture
    def packed(self, photo_folder):
        photo_folder.add("missing.jpg", None)
        photo_folder.add_line("hello")
        photo_folder.add("broken.jpg", b"\xff\xd8\xff\xe0 no picture", index=3)
        photo_folder.add("last.jpg", (photo_folder.root / "00.jpeg").read_bytes())
        pack(photo_folder.list, photo_folder.root, photo_folder.out)
        return photo_folder

    def test_named_with_their_reasons(self, packed):
        report = verify(packed.out, list_path=packed.list, root=packed.root)
        assert found(report) == {"failed when packed": 3}
        assert report.exit_code == 0
        assert report.entries == 13
        lines = [(each.id, each.line, each.message.partition(":")[0]) for each in report.notes[0].examples]
        assert lines == [(12, 13, "missing"), (None, 14, "malformed line"), (3, 15, "truncated")]

    def test_what_was_mended_and_appended_is_as_it_should_be(self, packed, tmp_path):
        good = (packed.root / "00.jpeg").read_bytes()
        (packed.root / "missing.jpg").write_bytes(good)
        (packed.root / "broken.jpg").write_bytes(good)
        mended = tmp_path / "mended.lst"
        mended.write_text("".join(f"{packed.lines[number]}\n" for number in (12, 14)))
        pack(mended, packed.root, packed.out, PackOptions(append=True))
        report = verify(packed.out, list_path=packed.list, root=packed.root)
        assert found(report) == {"failed when packed": 1, "duplicate ids": 1}
        assert report.exit_code == 0
        assert report.entries == report.records == 15

    def test_those_of_another_list_say_nothing(self, packed):
        packed.list.write_text("".join(f"{line}\n" for line in packed.lines[1:]))
        report = verify(packed.out, list_path=packed.list)
        assert found(report) == {"malformed line": 1, "missing record": 2, "not in the list": 1}

    def test_without_the_file_of_failures(self, packed):
        packed.out.with_suffix(".failures.jsonl").unlink()
        report = verify(packed.out, list_path=packed.list)
        assert found(report) == {"malformed line": 1, "missing record": 2}

    @pytest.mark.parametrize("text", ["hello\n", "[1]\n", json.dumps({"line": 1}) + "\n"])
    def test_a_file_of_failures_that_is_none(self, packed, text):
        packed.out.with_suffix(".failures.jsonl").write_text(text)
        with pytest.raises(RecordError, match=r"failures\.jsonl:1"):
            verify(packed.out, list_path=packed.list)


class TestPictures:
    @pytest.fixture
    def photos(self, folder, photo_files):
        for path in photo_files:
            folder.add(path.name, path.read_bytes())
        return folder

    def repack(self, folder, order, **spec):
        """Pack the files in another order than the list says."""
        names = [line.split("\t")[2] for line in folder.lines]
        mixed = folder.list.with_name("mixed.lst")
        mixed.write_text("".join(f"{number}\t1\t{names[place]}\n" for number, place in enumerate(order)))
        options = PackOptions(transcode=TranscodeSpec(**spec), overwrite=True)
        pack(mixed, folder.root, folder.out, options)
        return verify(folder.out, list_path=folder.list, root=folder.root)

    def test_the_files_own_bytes(self, photos):
        report = self.repack(photos, range(14), pass_through=True)
        assert found(report) == {}
        assert (report.compared.equal, report.compared.alike) == (14, 0)

    @pytest.mark.parametrize(
        "spec",
        [
            {"resize": 256},
            {"resize": 112, "center_crop": True, "quality": 30},
            {"resize": 64, "interp": "nearest"},
            {"resize": 28, "interp": "linear", "color": 0},
            {"resize": 28, "interp": "nearest", "encoding": "png", "center_crop": True},
            {"resize": 300, "encoding": "png", "interp": "cubic"},
        ],
    )
    def test_however_it_was_packed(self, photos, spec):
        report = self.repack(photos, range(14), **spec)
        assert found(report) == {}
        assert report.compared.alike == 14

    @pytest.mark.parametrize("spec", [{"pass_through": True}, {"resize": 200}, {"resize": 28, "interp": "linear"}])
    def test_mixed_up_pictures(self, photos, spec):
        order = list(range(14))
        order[1], order[8] = 8, 1
        report = self.repack(photos, order, **spec)
        assert found(report) == {"another picture": 2}
        assert [each.id for each in report.problems[0].examples] == [1, 8]
        assert [each.line for each in report.problems[0].examples] == [2, 9]
        assert "'astronaut.png'" in example(report, "another picture").message
        assert report.compared.equal + report.compared.alike == 12

    def test_all_mixed_up(self, photos):
        order = list(range(14))
        random.Random(1).shuffle(order)
        wrong = sum(number != place for number, place in enumerate(order))
        assert found(self.repack(photos, order, resize=100)) == {"another picture": wrong}

    @pytest.mark.parametrize("color", [1, 0, -1])
    def test_turned_by_exif_or_not(self, folder, photo_files, color):
        from PIL import Image

        from tests.conftest import encoded

        for turn in range(1, 9):
            exif = Image.Exif()
            exif[0x0112] = turn
            folder.add(f"{turn}.jpg", encoded(Image.open(photo_files[0]).convert("RGB"), "jpeg", exif=exif))
        report = self.repack(folder, range(8), resize=90, color=color)
        assert found(report) == {}
        assert report.compared.alike == 8

    def test_files_that_cannot_be_compared(self, photos):
        assert found(self.repack(photos, range(14), resize=100)) == {}
        (photos.root / "camera.png").unlink()
        (photos.root / "coins.png").write_bytes(b"hello")
        report = verify(photos.out, list_path=photos.list, root=photos.root)
        assert found(report) == {"unreadable picture": 2}
        assert "'camera.png' cannot be compared: missing" in example(report, "unreadable picture").message

    def test_files_that_were_cut_and_accepted(self, folder, photo_files):
        from PIL import Image

        from tests.conftest import encoded

        whole = encoded(Image.open(photo_files[0]).convert("RGB"), "jpeg")
        folder.add("cut.jpg", whole[: len(whole) * 2 // 3])
        report = self.repack(folder, [0], resize=100, accept_truncated=True)
        assert found(report) == {}
        assert report.compared.alike == 1

    def test_records_that_cannot_be_decoded_are_told_once(self, photos, tmp_path):
        with RecordWriter(photos.out) as writer:
            for number in range(14):
                writer.append(number, pack_header(number, [1.0], packed=False), PICTURE)
        for decode in (False, True):
            report = verify(photos.out, list_path=photos.list, root=photos.root, decode=decode)
            assert found(report) == {"undecodable": 14}
