"""`verify`, `repair` and `index --checksums` as a person types them."""

import json
import sys

import pytest

from gpu_im2rec import PackOptions, TranscodeSpec, pack
from gpu_im2rec.cli import steps
from gpu_im2rec.inspection import Step

from .test_cli import run


@pytest.fixture
def packed(photo_folder):
    pack(photo_folder.list, photo_folder.root, photo_folder.out, PackOptions(transcode=TranscodeSpec(resize=64)))
    return photo_folder


def overwrite(path, offset, new):
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(new)


def test_a_good_file(packed):
    said = run("verify", packed.out).stdout
    assert "records    12\n" in said
    assert "checksums  none: flipped bits inside a picture may go unseen; `pack --checksums` " in said
    assert said.endswith("verdict    nothing is wrong\n")
    assert "12 records" in run("index", packed.out, "--checksums").stdout
    command = ["verify", packed.out, "--list", packed.list, "--root", packed.root, "--decode"]
    said = run(*command).stdout
    for words in (
        "out.crc",
        "image.lst, 12 entries",
        "12 pictures",
        "0 are their files byte for byte, 12 look",
    ):
        assert words in said
    report = json.loads(run(*command, "--json").stdout)
    assert report.keys() == {
        *("rec", "bytes", "records", "idx", "checksums", "list", "entries", "decoded", "compared", "seconds"),
        *("problems", "notes", "shards", "ok"),
    }
    assert (report["ok"], report["compared"], report["problems"]) == (True, {"equal": 0, "alike": 12}, [])


def test_a_damaged_file_is_told_and_repaired(packed, tmp_path):
    run("index", packed.out, "--checksums")
    overwrite(packed.out, 300, b"??")
    overwrite(packed.out, packed.out.stat().st_size // 2 // 4 * 4, b"\x0a\x23\xd7\xce")
    said = run("verify", packed.out, code=4).stdout
    for words in (
        "wrong      damage: 1\n",
        "wrong      changed record: 1\n",
        "           offset 0, id 0: ",
        "lost record: 1\n",
    ):
        assert words in said
    assert f"gpu-im2rec repair {packed.out} NEW.rec" in said
    report = json.loads(run("verify", packed.out, "--json", code=4).stdout)
    assert not report["ok"]
    changed = next(finding for finding in report["problems"] if finding["kind"] == "changed record")
    example = {"message": "the payload is not what its checksum says", "offset": 0, "id": 0, "line": None}
    assert changed == {"kind": "changed record", "count": 1, "examples": [example]}

    fixed = tmp_path / "fixed.rec"
    said = run("repair", packed.out, fixed).stdout
    assert "kept       10 records\n" in said
    assert "in 2 places" in said
    assert "bytes 0 … " in said
    assert "already there" in run("repair", packed.out, fixed, code=1).stderr
    report = json.loads(run("repair", packed.out, fixed, "--overwrite", "--json").stdout)
    assert report["records"] == 10
    assert report["left_out"][0]["start"] == 0
    assert json.loads(run("verify", fixed, "--json").stdout)["records"] == 10


def test_many_findings_are_counted_and_few_shown(packed):
    packed.list.write_text("".join(line.replace("\t", "\t1", 1) + "\n" for line in packed.lines))
    said = run("verify", packed.out, "--list", packed.list, code=4).stdout
    assert "wrong      wrong labels: 12\n" in said
    assert "line 5: labels" in said
    assert "line 6: labels" not in said
    assert "           … and 7 more\n" in said


def test_an_index_that_does_not_fit_has_a_next_step(packed):
    idx = packed.out.with_suffix(".idx")
    idx.write_text("".join(idx.read_text().splitlines(keepends=True)[1:]))
    assert f"gpu-im2rec index {packed.out} --overwrite" in run("verify", packed.out, code=4).stdout
    run("index", packed.out, "--overwrite")
    run("verify", packed.out)


def test_a_whole_file_needs_no_repair(packed, tmp_path):
    said = run("repair", packed.out, tmp_path / "b.rec").stdout
    assert "left out  nothing\n" in said
    assert (tmp_path / "b.rec").read_bytes() == packed.out.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["verify", "none.rec"], 1, "none.rec"),
        (["verify", "out.rec", "--root", "root"], 2, "--list"),
        (["verify", "out.rec", "--list", "image.lst", "--root", "nowhere"], 2, "nowhere: no such folder"),
        (["verify", "out.rec", "--list", "none.lst"], 1, "none.lst"),
        (["repair", "none.rec", "b.rec"], 1, "none.rec"),
        (["repair", "out.rec", "out.rec", "--overwrite"], 2, "out.rec"),
        (["repair", "image.lst", "b.rec"], 1, "no record to save"),
        (["index", "none.rec", "--checksums"], 1, "none.rec"),
    ],
)
def test_errors_are_one_line(packed, monkeypatch, arguments, code, words):
    monkeypatch.chdir(packed.list.parent)
    said = run(*arguments, code=code).stderr
    assert words in said
    assert len(said.splitlines()) == 1


def test_a_broken_list_of_several_kinds_is_no_traceback(packed):
    packed.list.write_bytes(b"\xff\xfe0\0\t\0")
    assert "UTF-16" in run("verify", packed.out, "--list", packed.list, code=1).stderr


def test_progress_elsewhere_is_a_plain_line_now_and_then(monkeypatch, capsys):
    seconds = iter([0, 1, 11, 11, 12])
    monkeypatch.setattr(steps.time, "monotonic", lambda: next(seconds))
    with steps.shown() as tell:
        for done in (1_000_000, 2_000_000):
            tell(Step(done, 4_000_000, "bytes"))
        tell(Step(5, 7000, "entries"))
    assert capsys.readouterr().err == "2.0 MB of 4.0 MB\n"


def test_progress_on_a_terminal_is_a_bar(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with steps.shown() as tell:
        tell(Step(2, 4, "bytes"))
        tell(Step(2, 4, "entries"))
    assert "2 of 4 entries" in capsys.readouterr().err
