"""Packing a share of a list: the parts together are the whole, whoever packs them."""

import json
from dataclasses import replace

import pytest
import xxhash

from gpu_im2rec import PackOptions, RecordReader, TranscodeSpec, pack
from gpu_im2rec.errors import NothingPackedError, OutputExistsError, ResumeError, UsageError
from gpu_im2rec.packing import Part, dry_run
from gpu_im2rec.packing.unfinished import journal_of
from gpu_im2rec.recordio import iter_records

SPEC = TranscodeSpec(pass_through=True)


def pack_part(folder, number, count, rule="lines", **options):
    options = PackOptions(transcode=SPEC, part=Part(number, count, rule), **options)
    return pack(folder.list, folder.root, folder.out, options)


@pytest.mark.parametrize("count", [1, 2, 5, 12])
@pytest.mark.parametrize("rule", ["lines", "bytes"])
def test_the_parts_are_the_whole_in_order(photo_folder, count, rule):
    whole = pack(photo_folder.list, photo_folder.root, photo_folder.out, PackOptions(transcode=SPEC))
    reports = [pack_part(photo_folder, number, count, rule, allow_empty=True) for number in range(count)]
    parts = b"".join(report.rec.read_bytes() for report in reports)
    assert parts == whole.rec.read_bytes()
    assert sum(report.packed for report in reports) == whole.packed
    for report in reports:
        with RecordReader(report.rec) as records:
            assert len(records) == report.packed


def test_parts_are_called_after_their_number(photo_folder):
    report = pack_part(photo_folder, 3, 12)
    assert (report.rec.name, report.idx.name) == ("out-00003-of-00012.rec", "out-00003-of-00012.idx")
    assert (report.packed, report.part, report.to_dict()["part"]) == (1, "3/12", "3/12")
    report = pack_part(photo_folder, 3, 4, "bytes")
    assert (report.rec.name, report.idx.name) == ("out.rec.part003", "out.rec.part003.idx")


def test_failures_name_the_line_of_the_whole_list_and_have_a_file_a_part(photo_folder):
    photo_folder.add("missing.jpg", None)
    photo_folder.add("missing too.jpg", None)
    report = pack_part(photo_folder, 1, 2)
    assert report.failures.name == "out-00001-of-00002.failures.jsonl"
    assert '"line": 13' in report.failures.read_text()
    report = pack_part(photo_folder, 2, 3, "bytes")
    assert report.failures.name == "out.rec.part002.failures.jsonl"


def test_more_parts_than_lines(photo_folder):
    with pytest.raises(UsageError, match="fewer lines than 13 parts"):
        pack_part(photo_folder, 0, 13)
    with pytest.raises(NothingPackedError):
        pack_part(photo_folder, 99, 100, "bytes")
    report = pack_part(photo_folder, 99, 100, "bytes", allow_empty=True)
    assert (report.packed, list(iter_records(report.rec))) == (0, [])


def test_a_part_whose_pictures_all_fail_is_no_empty_part(folder):
    folder.add("missing.jpg", None)
    with pytest.raises(NothingPackedError):
        pack_part(folder, 0, 1, "bytes", allow_empty=True)


class TestAPartThatIsThereAlready:
    """As a task finds it that a scheduler starts once more."""

    def test_is_not_packed_again(self, photo_folder):
        first = pack_part(photo_folder, 1, 4, checksums=True)
        photo_folder.root.rename(photo_folder.root.with_name("elsewhere"))
        photo_folder.root.mkdir()
        again = pack_part(photo_folder, 1, 4, checksums=True, resume=True)
        assert again == replace(first, was_there=True)
        assert not journal_of(first.rec).exists()

    def test_is_still_refused_without_resume(self, photo_folder):
        pack_part(photo_folder, 1, 4)
        with pytest.raises(OutputExistsError):
            pack_part(photo_folder, 1, 4)

    def test_is_packed_anew_with_overwrite(self, photo_folder):
        pack_part(photo_folder, 1, 4)
        assert not pack_part(photo_folder, 1, 4, overwrite=True).was_there

    def test_was_asked_something_else(self, photo_folder):
        pack_part(photo_folder, 1, 4)
        with pytest.raises(ResumeError, match=r"packed otherwise: pack-label was False, is True; --overwrite"):
            pack_part(photo_folder, 1, 4, resume=True, pack_label=True)

    def test_is_not_as_it_was_left(self, photo_folder):
        rec = pack_part(photo_folder, 1, 4).rec
        rec.write_bytes(rec.read_bytes()[:-4])
        with pytest.raises(ResumeError, match="is not as the run left it"):
            pack_part(photo_folder, 1, 4, resume=True)

    def test_has_no_report(self, photo_folder):
        pack_part(photo_folder, 1, 4).report.unlink()
        with pytest.raises(ResumeError, match="no report that says how"):
            pack_part(photo_folder, 1, 4, resume=True)


@pytest.mark.parametrize("checksums", [False, True])
def test_the_report_of_a_part_has_the_hashes_of_its_files(photo_folder, checksums):
    report = pack_part(photo_folder, 1, 4, checksums=checksums)
    files = json.loads(report.report.read_bytes())["files"]
    assert [kind for kind, file in files.items() if file] == ["rec", "idx", "crc"][: 2 + checksums]
    for file in filter(None, files.values()):
        content = report.rec.with_name(file["name"]).read_bytes()
        assert file == {
            "name": file["name"],
            "bytes": len(content),
            "xxh3_128": xxhash.xxh3_128_hexdigest(content),
        }


def test_a_dry_run_of_a_part(photo_folder):
    estimate = dry_run(photo_folder.list, photo_folder.root, photo_folder.out, PackOptions(part=Part(0, 4)))
    assert estimate.entries == 3


@pytest.mark.parametrize("text", ["", "1", "1/", "/2", "a/b", "-1/2", "1/2/3", "1 / 2", "1.0/2"])
def test_what_is_no_part(text):
    with pytest.raises(UsageError, match="--part must be i/n such as 0/4"):
        Part.parse(text)


@pytest.mark.parametrize(("text", "words"), [("2/2", "counted 0 … 1"), ("0/0", "cut into 1 part or more, not 0")])
def test_parts_that_there_are_not(text, words):
    with pytest.raises(UsageError, match=words):
        Part.parse(text)


def test_part_of_a_name_without_a_suffix(tmp_path):
    assert Part.parse("0/2").output(tmp_path / "out").name == "out-00000-of-00002"


class TestAPartOfWhichNothingCanBePacked:
    @pytest.fixture
    def part(self, photo_folder):
        for number in range(12):
            photo_folder.add(f"gone{number}.jpg", None)
        return pack_part(photo_folder, 1, 2, checksums=True)

    def test_has_no_file_but_tells(self, part, photo_folder):
        names = [name for name in photo_folder.left_behind() if name.startswith("out")]
        assert names == ["out-00001-of-00002.failures.jsonl", "out-00001-of-00002.report.json"]
        assert (part.packed, part.failed, part.exit_code) == (0, 12, 3)
        assert json.loads(part.report.read_bytes())["files"] == {"rec": None, "idx": None, "crc": None}

    def test_is_finished(self, part, photo_folder):
        assert pack_part(photo_folder, 1, 2, checksums=True, resume=True).was_there

    def test_replaces_what_was_there(self, part, photo_folder, jpeg):
        for number in range(12):
            (photo_folder.root / f"gone{number}.jpg").write_bytes(jpeg)
        assert pack_part(photo_folder, 1, 2, overwrite=True).packed == 12
        for number in range(12):
            (photo_folder.root / f"gone{number}.jpg").unlink()
        pack_part(photo_folder, 1, 2, overwrite=True)
        assert not part.rec.exists()
        assert not part.idx.exists()

    def test_of_one_alone_is_an_error(self, folder):
        folder.add("gone.jpg", None)
        with pytest.raises(NothingPackedError):
            pack_part(folder, 0, 1)
