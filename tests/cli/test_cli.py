"""The commands as a person types them."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gpu_im2rec import RecordReader, __version__, units
from gpu_im2rec.cli import output, progress
from gpu_im2rec.cli.app import app
from gpu_im2rec.packing import Progress
from gpu_im2rec.packing.report import Sent
from gpu_im2rec.packing.stages import Stage, Stages
from gpu_im2rec.transcode import in_words

runner = CliRunner()


def run(*arguments, code=0):
    result = runner.invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})
    assert result.exit_code == code, (result.exit_code, result.output, result.exception)
    return result


def test_from_a_folder_of_pictures_to_records(photo_folder, tmp_path):
    prefix, out = tmp_path / "mine", tmp_path / "mine.rec"
    assert "4 pictures" in run("list", prefix, photo_folder.root, "--exts", "jpeg").stdout
    said = run("pack", f"{prefix}.lst", photo_folder.root, out, "--resize", "40")
    assert "4 pictures" in said.stdout
    assert "on the CPU: no NVIDIA driver" in said.stderr
    assert "4 JPEG" in run("info", out).stdout
    out.with_suffix(".idx").unlink()
    assert "4 records" in run("index", out).stdout
    with RecordReader(out) as records:
        assert len(records) == 4


def test_bench_shows_stages_and_settings(photo_folder, tmp_path, monkeypatch):
    monkeypatch.setattr("gpu_im2rec.packing.timing._SECONDS", 0.01)
    command = ["bench", photo_folder.list, photo_folder.root, "--folder", tmp_path, "--device", "cpu", "--workers", "1"]
    said = run(*command)
    for words in ("decode alone", "all together", "bottleneck", "best: --workers"):
        assert words in said.stdout
    assert "measuring: --workers 1" in said.stderr
    assert json.loads(run(*command, "--json").stdout)["pictures"] == 12


def test_several_gpus_are_named_by_numbers(photo_folder, tmp_path):
    out = tmp_path / "o.rec"
    said = run("pack", photo_folder.list, photo_folder.root, out, "--devices", "zero", code=2)
    assert "0,1,2" in said.stderr
    said = run("pack", photo_folder.list, photo_folder.root, out, "--devices", "0,97", code=1)
    assert "gpu:" in said.stderr
    assert not out.exists()


def test_json_of_every_command(photo_folder, tmp_path):
    listed = json.loads(run("list", tmp_path / "l", photo_folder.root, "--json", "--recursive").stdout)
    assert (listed["images"], listed["left_out"]) == (8, {".webp": 4})
    planned = json.loads(
        run("pack", photo_folder.list, photo_folder.root, photo_folder.out, "--json", "--dry-run").stdout
    )
    assert planned["entries"] == 12
    assert not photo_folder.out.exists()
    report = json.loads(run("pack", photo_folder.list, photo_folder.root, photo_folder.out, "--json").stdout)
    assert (report["packed"], report["rec"], report["bottleneck"]) == (12, str(photo_folder.out), "")
    assert json.loads(Path(report["report"]).read_text())["result"] == report
    assert json.loads(run("info", photo_folder.out, "--json").stdout)["formats"] == {"JPEG": 12}
    indexed = json.loads(run("index", photo_folder.out, tmp_path / "n.idx", "--keys", "number", "--json").stdout)
    assert indexed == {"idx": str(tmp_path / "n.idx"), "records": 12}
    assert {check["name"] for check in json.loads(run("doctor", "--json").stdout)["checks"]} >= {"Python", "CPU engine"}


def test_a_page_about_the_run(photo_folder):
    command = ["pack", photo_folder.list, photo_folder.root, photo_folder.out, "--resize", "32"]
    assert "out.report.json, " in (said := run(*command, "--html").stdout)
    page = photo_folder.out.with_suffix(".report.html")
    assert str(page) in said
    assert "Packed by gpu-im2rec" in page.read_text()
    assert "32x32" not in page.read_text()
    run(*command, "--overwrite")
    assert not page.exists(), "it was about other records"
    assert json.loads(run(*command, "--overwrite", "--html", "--json").stdout)["page"] == str(page)
    assert page.exists()


def test_a_page_that_cannot_be_written_costs_nothing_else(photo_folder, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "out.report.html.part")

    monkeypatch.setattr("gpu_im2rec.showing.report.make_report", full)
    said = run("pack", photo_folder.list, photo_folder.root, photo_folder.out, "--html", code=1)
    assert "packed       12 pictures" in said.stdout
    assert "out.report.html.part: No space left on device" in said.stderr
    assert photo_folder.out.exists()


def test_failures_are_counted_named_and_exit_with_3(photo_folder):
    photo_folder.add("missing.jpg", None)
    said = run("pack", photo_folder.list, photo_folder.root, photo_folder.out, code=3).stdout
    assert "1 missing" in said
    assert "out.failures.jsonl" in said


def test_cut_pictures_that_are_accepted_are_told(folder, jpeg):
    for number in range(3):
        folder.add(f"{number}.jpg", jpeg[: len(jpeg) // (number + 2)])
    folder.add("whole.jpg", jpeg)
    command = ["pack", folder.list, folder.root, folder.out, "--overwrite"]
    assert "3 truncated" in run(*command, code=3).stdout
    said = run(*command, "--accept-truncated").stdout
    assert "truncated    3 pictures, packed as far as they decode\n" in said
    assert "failed" not in said
    for spelling in ("--accept-truncated", "accept_truncated=1"):
        assert json.loads(run(*command, "--json", spelling).stdout)["truncated"] == 3
    assert json.loads(run(*command, "--json", "--accept-truncated", "--pass-through").stdout)["truncated"] == 3


def test_labels_and_duplicates_are_told(folder, jpeg):
    folder.add("a.jpg", jpeg, labels="1\t2", index=5)
    folder.add("a.jpg", jpeg, labels="1\t2", index=5)
    said = run("pack", folder.list, folder.root, folder.out).stdout
    assert "label width  2, but only the first is stored, of 2 pictures" in said
    assert "1 record shares its index with another, such as 5" in said
    said = run("pack", folder.list, folder.root, folder.out, "--pack-label", "--overwrite").stdout
    assert "label width  2\n" in said
    folder.add("a.jpg", jpeg, labels="1\t2\t3")
    said = run("pack", folder.list, folder.root, folder.out, "--pack-label", "--overwrite").stdout
    assert "label width  2 … 3; ImageRecordIter needs the same for all" in said
    assert "duplicate ids" in run("info", folder.out).stdout


def test_words_as_im2rec_writes_them_are_options(photo_folder, tmp_path):
    names = ["pack", photo_folder.list, photo_folder.root]
    run(*names, tmp_path / "a.rec", "--resize", "50", "--interp", "linear", "--quality", "80", "--center-crop")
    run(*names, tmp_path / "b.rec", "resize=50", "inter_method=1", "quality=80", "center_crop=1")
    run(*names, tmp_path / "c.rec", "--resize", "50", "inter_method=1", "quality=80", "center_crop=1", "--json")
    assert (tmp_path / "a.rec").read_bytes() == (tmp_path / "b.rec").read_bytes() == (tmp_path / "c.rec").read_bytes()
    run(*names, tmp_path / "d.rec", "nsplit=3", "part=1", "color=0", "encoding=.png", "quality=9", "unchanged=0")
    with RecordReader(tmp_path / "d.rec.part001") as records:
        assert list(records.keys) == [5, 6, 7, 8]  # lines that start in bytes 48 … 96 of 142
    said = run(*names, tmp_path / "e.rec", "--resize", "50", "resize=60", code=2).stderr
    assert "resize= and --resize mean the same; leave one out" in said
    said = run(*names, tmp_path / "e.rec", "--part", "0/2", "nsplit=2", code=2).stderr
    assert "nsplit= and --part mean the same" in said
    assert "did you mean quality=" in run(*names, tmp_path / "e.rec", "qualty=9", code=2).stderr


def test_a_part_is_named_and_told(photo_folder):
    said = run("pack", photo_folder.list, photo_folder.root, photo_folder.out, "--part", "1/4").stdout
    assert "out-00001-of-00004.rec" in said
    assert "1/4 of the list" in said


def test_detection_labels_are_checked_when_asked(folder, jpeg):
    folder.add("a.jpg", jpeg, labels="2\t5\t0\t0.1\t0.1\t0.5\t0.5")
    folder.add("b.jpg", jpeg, labels="2\t5\t0\t10\t10\t50\t50")
    command = ["pack", folder.list, folder.root, folder.out, "--check-labels", "detection"]
    assert "give both" in run(*command, code=2).stderr
    said = run(*command, "--pack-label", code=3).stdout
    assert "1 malformed line" in said
    assert "label width  7\n" in said
    row = json.loads(folder.out.with_suffix(".failures.jsonl").read_text())
    assert (row["index"], row["path"], row["line"]) == (1, "b.jpg", 2)
    assert "divide pixels by width and height" in row["message"]
    run(*command, "pack_label=1", "--overwrite", code=3)
    assert "boxes do not follow --center-crop" in run(*command, "--pack-label", "--center-crop", code=2).stderr
    said = run(*command, "--pack-label", "--on-error", "fail", "--overwrite", code=1).stderr
    assert "image.lst:2: labels: object 1" in said


def test_insightfaces_layout_and_back(folder, jpeg, tmp_path):
    for number, label in enumerate((0, 0, 1)):
        folder.add(f"{number}.jpg", jpeg, labels=str(label))
    said = run("pack", folder.list, folder.root, folder.out, "--layout", "insightface").stdout
    assert "2 classes, 300x200" in said
    assert "pictures  3" in run("convert", folder.out, tmp_path / "plain.rec").stdout
    there = run("convert", tmp_path / "plain.rec", tmp_path / "there.rec", "--to", "insightface", code=1)
    assert "property is already there" in there.stderr
    command = [
        "convert",
        tmp_path / "plain.rec",
        tmp_path / "there.rec",
        "--to",
        "insightface",
        "--overwrite",
        "--json",
    ]
    report = json.loads(run(*command).stdout)
    assert (report["pictures"], report["faces"]["identities"]) == (3, 2)
    assert (tmp_path / "there.rec").read_bytes() == folder.out.read_bytes()


def test_a_dry_run_of_which_nothing_can_be_packed_says_so(photo_folder, tmp_path):
    (tmp_path / "other").mkdir()
    ran = run("pack", photo_folder.list, tmp_path / "other", photo_folder.out, "--dry-run", code=1)
    assert "not one picture of the sample can be packed. Is" in ran.output
    assert "right root?" in ran.output


def test_pass_through_with_another_size_is_refused(photo_folder):
    options = ("--pass-through", "--resize", "20", "--center-crop")
    ran = run("pack", photo_folder.list, photo_folder.root, photo_folder.out, *options, code=2)
    assert "leave out --resize, --center-crop" in ran.output


def test_a_dry_run_shows_what_would_happen(photo_folder):
    photo_folder.add("missing.jpg", None)
    said = run("pack", photo_folder.list, photo_folder.root, photo_folder.out, "--dry-run").stdout
    for words in ("13", "about", "are free", "1 missing"):
        assert words in said
    assert not photo_folder.out.exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["pack", "none.lst", ".", "out.rec"], 1, "none.lst"),
        (["pack", "LIST", "nowhere", "out.rec"], 2, "nowhere"),
        (["pack", "LIST", "ROOT", "OUT", "--device", "gpu"], 1, "--device cpu"),
        (["pack", "LIST", "ROOT", "OUT", "--max-failures", "some"], 2, "--max-failures"),
        (["pack", "LIST", "ROOT", "OUT", "--dry-run", "--cluster", "ray"], 2, "--shards or --shard-size"),
        (["pack", "LIST", "ROOT", "OUT", "--dry-run", "--shards", "2", "--cluster", "none"], 2, "must be ray"),
        (["pack", "LIST", "ROOT", "OUT", "--shards", "2", "--staging", "."], 2, "/out.rec is on this machine"),
        (["pack", "LIST", "ROOT", "OUT", "--interp", "bicubic"], 2, "Did you mean cubic?"),
        (["pack", "LIST", "ROOT", "OUT", "--encoding", "jpeg"], 2, "'png'. Did you mean jpg?"),
        (["pack", "LIST", "ROOT", "OUT", "--resize", "big"], 2, "Invalid value for '--resize': "),
        (["pack", "LIST", "faces.rec"], 2, "faces.rec is no folder, and the order is LIST ROOT OUT"),
        (["pack", "LIST", "ROOT"], 2, "Missing argument 'OUT'. "),
        (["pack", "LIST", "ROOT", "OUT", "--quality", "0"], 2, "quality"),
        (["pack", "LIST", "ROOT", "OUT", "--resize", "70000"], 2, "resize"),
        (["list"], 2, "Missing argument 'PREFIX'"),
        (["info"], 2, "Missing argument 'REC'"),
        (["list", "p", "nowhere"], 1, "the order is PREFIX ROOT"),
        (["list", "p", "ROOT", "--exts", "webp,.jpg"], 2, "--exts .webp --exts .jpg"),
        (["info", "none.rec"], 1, "none.rec"),
        (["info", "image.lst"], 1, "image.lst is no record file"),
        (["index", "none.rec"], 1, "none.rec"),
        (["unknown"], 2, "unknown"),
    ],
)
def test_errors_are_one_line_with_the_cause(photo_folder, monkeypatch, arguments, code, words):
    monkeypatch.chdir(photo_folder.list.parent)
    names = {"LIST": photo_folder.list, "ROOT": photo_folder.root, "OUT": photo_folder.out}
    said = run(*(names.get(argument, argument) for argument in arguments), code=code).stderr
    assert words in said
    for word in ("Traceback", "Value error", "Input should"):
        assert word not in said
    if code == 1:
        assert said.startswith("error: ")
        assert len(said.splitlines()) == 1


def test_info_of_what_is_no_whole_record_file(photo_folder):
    run("pack", photo_folder.list, photo_folder.root, photo_folder.out)
    for suffix in (".idx", ".report.json"):
        (photo_folder.out.with_suffix(".lst")).write_bytes(photo_folder.out.with_suffix(suffix).read_bytes())
        said = run("info", photo_folder.out.with_suffix(".lst"), code=1).stderr
        assert said.endswith(f"out.lst is no record file; did you mean {photo_folder.out}?\n")
    whole = photo_folder.out.read_bytes()
    for damaged in (whole[:5000], bytes(100) + whole[100:]):
        photo_folder.out.write_bytes(damaged)
        said = run("info", photo_folder.out, code=1).stderr
        assert f"`gpu-im2rec verify {photo_folder.out}` shows all damage, `gpu-im2rec repair" in said


def test_what_is_no_list_is_called_so(photo_folder, jpeg):
    command = ["pack", photo_folder.list, photo_folder.root, photo_folder.out]
    for content in (jpeg, b"id,label,path\n0,1,a.jpg\n"):
        photo_folder.list.write_bytes(content)
        for more in ([], ["--dry-run"]):
            said = run(*command, *more, code=1).stderr
            assert said.startswith(f"error: {photo_folder.list} is no list: ")
            assert "`gpu-im2rec list PREFIX ROOT` makes one" in said
    photo_folder.list.write_text("0\t1\ta.jpg\n")
    assert "(1 malformed line)" in run(*command, "--label-width", "2", code=1).stderr


def test_one_is_no_plural(folder, jpeg, tmp_path):
    folder.add("a.jpg", jpeg, labels="1\t2")
    said = run("pack", folder.list, folder.root, folder.out, "--workers", "1").stdout
    said += run("index", folder.out, tmp_path / "a.idx").stdout + run("verify", folder.out, "--decode").stdout
    said += run("unpack", folder.out, tmp_path / "out").stdout + run("repair", folder.out, tmp_path / "b.rec").stdout
    assert re.search(r"\b1 (pictures|records|places|workers)\b", said) is None
    assert len(re.findall(r"\b1 (picture|record|worker)\b", said)) == 7
    assert in_words({"malformed line": 1, "missing": 2}) == "1 malformed line, 2 missing"
    assert in_words({"malformed line": 1200, "defect": 2}) == "1,200 malformed lines, 2 defects"


def test_a_list_that_holds_what_no_list_can(tmp_path, jpeg):
    (tmp_path / "pictures").mkdir()
    for name in ("a.jpg", "tab\tname.jpg"):
        (tmp_path / "pictures" / name).write_bytes(jpeg)
    said = run("list", tmp_path / "l", tmp_path / "pictures")
    assert "1 picture\n" in said.stdout
    assert "skipped" in said.stderr


def test_pictures_that_a_list_leaves_out_are_told(photo_folder, tmp_path):
    advice = "--exts .jpeg --exts .jpg --exts .png --exts .webp --overwrite"
    said = run("list", tmp_path / "l", photo_folder.root).stdout
    assert re.search(rf"\nleft out +4: \.webp 4; to list them, too: {advice}\n", said)
    assert "left out" not in run("list", tmp_path / "l", photo_folder.root, *advice.split()).stdout


def test_a_list_is_replaced_only_when_asked(photo_folder, tmp_path):
    command = ["list", tmp_path / "l.lst", photo_folder.root]
    run(*command)
    before = (tmp_path / "l.lst").read_bytes()
    run(*command)
    said = run(*command, "--no-shuffle", code=1).stderr
    assert said == f"error: {tmp_path / 'l.lst'}: another list is already there; --overwrite replaces it\n"
    assert (tmp_path / "l.lst").read_bytes() == before
    run(*command, "--no-shuffle", "--overwrite")
    assert (tmp_path / "l.lst").read_bytes() != before
    assert not (tmp_path / "l.lst.lst").exists()


def test_the_version():
    assert __version__ in run("--version").stdout


def test_no_arguments_show_the_help():
    assert "pack" in run(code=2).output


def test_python_m_and_the_script_are_the_same():
    script = Path(sys.executable).with_name("gpu-im2rec")
    outputs = {
        subprocess.run([*command, "--version"], capture_output=True, text=True, check=True).stdout
        for command in ([script], [sys.executable, "-m", "gpu_im2rec"])
    }
    assert outputs == {f"gpu-im2rec {__version__}\n"}


@pytest.mark.parametrize("code", ["import gpu_im2rec", "import gpu_im2rec.cli.app"])
def test_importing_loads_nothing_heavy(code):
    heavy = ("numpy", "PIL", "cv2", "simplejpeg", "imagecodecs", "nvidia", "cupy")
    script = f"{code}; import sys; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_recordio_needs_numpy_alone():
    heavy = ("typer", "rich", "PIL", "imagecodecs")
    script = f"import gpu_im2rec.recordio, sys; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_closed_pipe_ends_quietly(photo_folder):
    run("pack", photo_folder.list, photo_folder.root, photo_folder.out)
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "gpu_im2rec", "info", photo_folder.out, "--json"],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writer)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr


def test_every_public_name_is_there():
    import gpu_im2rec

    for name in gpu_im2rec.__all__:
        assert getattr(gpu_im2rec, name) is not None
    assert set(dir(gpu_im2rec)) == set(gpu_im2rec.__all__)
    with pytest.raises(AttributeError, match="no_such_name"):
        gpu_im2rec.no_such_name  # noqa: B018


def moment(seconds, lines=50, failed=0):
    return Progress(lines, 100, lines - failed, failed, bytes_in=5_000_000, bytes_out=1, seconds=seconds)


def test_progress_elsewhere_is_a_plain_line_now_and_then(capsys):
    with progress.shown() as tell:
        for seconds in (1, 5, 10.5, 11, 19, 25):
            tell(moment(seconds, failed=2))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert lines[0] == "50 of 100, 5 images/s, 0 MB/s, 10 s left, 2 failed"


def test_progress_on_a_terminal_is_drawn_no_oftener_than_it_can_be_seen(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with progress.shown() as tell:
        for number in range(1000):
            tell(moment(1 + number / 10_000, lines=number))
    assert 1 <= len(re.findall(r"\d+/100", capsys.readouterr().err)) <= 3


def test_progress_on_a_terminal_that_cannot_draw_is_the_same(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    with progress.shown() as tell:
        tell(moment(11))
    assert capsys.readouterr().err == "50 of 100, 5 images/s, 0 MB/s, 11 s left\n"


def test_progress_of_sending_a_staged_output(monkeypatch, capsys):
    sending = replace(moment(12), sent=Sent(1_200_000_000, 3_600_000_000, 20.0))
    with progress.shown() as tell:
        tell(sending)
        tell(replace(moment(50), sent=Sent(3_600_000_000, 3_600_000_000, 60.0)))
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["1.2 GB of 3.6 GB sent, 60 MB/s, 40 s left", "3.6 GB sent, being completed"]
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with progress.shown() as tell:
        tell(moment(1))
        tell(replace(sending, sent=Sent(0, 3_600_000_000, 0.0)))
        tell(sending)
    drawn = re.sub(r"\x1b\[[\d;?]*\w", "", capsys.readouterr().err)
    assert "1.2 GB of 3.6 GB sent 60 MB/s, 40 s left" in drawn


def stages(seconds, *, read, transcode, write):
    """``seconds`` of work, of which the run's thread gave these shares to each stage; 100 pictures a second."""
    done = round(100 * seconds)
    return Stages(
        seconds, 0.0, 0.0, 5,
        Stage(8, seconds, done, read * seconds),
        Stage(2, 2 * seconds, done, transcode * seconds, 0.7),
        Stage(1, write * seconds, done, write * seconds, 0.2),
    )  # fmt: skip


def test_progress_elsewhere_names_the_bottleneck_since_the_last_line(capsys):
    first = stages(10, read=0.9, transcode=0.1, write=0)
    second = stages(20, read=0.45 + 0.05, transcode=0.05 + 0.35, write=0.1)  # of the last ten seconds, 10, 70, 20 %
    with progress.shown() as tell:
        tell(replace(moment(10.5), stages=first))
        tell(replace(moment(20.6), stages=second))
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition("left; ")[2] for line in lines] == [
        "reading bounds, 90 % of the time",
        "transcoding bounds, 70 % of the time",
    ]


@pytest.mark.parametrize("columns", [40, 60, 72, 120])
def test_progress_on_a_terminal_shows_the_last_seconds_of_each_stage(monkeypatch, capsys, columns):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    with progress.shown() as tell:
        tell(moment(2))
        for second in range(20):
            tell(replace(moment(second), stages=stages(second, read=0.1, transcode=0.8, write=0.1)))
    last = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", capsys.readouterr().err).rpartition("images/s, ")[2].splitlines()
    rows = {line.split()[0]: line for line in last if line.split()}
    free = 2 if columns >= 60 else 0  # for a ^C, which must not begin a line of its own
    assert all(len(line) <= columns - free for line in last[1:])
    assert "100" in rows["read"]
    assert "100 %" in rows["transcode"]
    if columns >= 60:
        assert "70 %" in rows["transcode"]
        assert rows["transcode"].rstrip().endswith("bounds the run, 80 %" if columns >= 72 else "bounds")
    assert "bounds" not in rows["read"] + rows["write"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (2_000_000, "2.0 MB"), (3e9, "3.0 GB"), (5e12, "5.00 TB")],
)
def test_sizes_for_people(value, text):
    assert units.size(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.43, "0.4 s"), (12, "12 s"), (200, "3 min 20 s"), (3725, "1 h 02 min"), (4_640_000, "53 days 16 h")],
)
def test_durations_for_people(value, text):
    assert units.duration(value) == text


def test_names_that_no_terminal_can_show_are_escaped():
    assert output.printable("caf\udce9.jpg") == "caf\\udce9.jpg"
