"""The whole way: list and pictures in, records out, read back by this project's reader and by others'."""

import io
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from gpu_im2rec import FailureLimit, PackOptions, RecordReader, TranscodeSpec, devices, pack
from gpu_im2rec.errors import (
    DeviceError,
    ListError,
    NothingPackedError,
    OutputExistsError,
    TooManyFailuresError,
    UsageError,
)
from gpu_im2rec.recordio import frame
from gpu_im2rec.recordio.part_file import PartFile
from gpu_im2rec.transcode import Encoded, Meter
from tests.conftest import encoded, heed_ctrl_c

SMALL = TranscodeSpec(resize=48)


def packed(folder, **options):
    options.setdefault("transcode", SMALL)
    return pack(folder.list, folder.root, folder.out, PackOptions(**options))


def failures(folder):
    lines = folder.out.with_suffix(".failures.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_records_come_in_list_order_with_their_labels(photo_folder):
    report = packed(photo_folder)
    assert (report.packed, report.failed, report.exit_code) == (12, 0, 0)
    assert report.bytes_out == photo_folder.out.stat().st_size
    assert report.bytes_in == sum(path.stat().st_size for path in photo_folder.root.iterdir())
    with RecordReader(photo_folder.out) as records:
        assert [record.key for record in records] == list(range(12))
        assert [record.header.index for record in records] == list(range(12))
        assert [record.labels.tolist() for record in records] == [[number % 4] for number in range(12)]
        for record in records:
            picture = Image.open(io.BytesIO(record.content))
            assert (picture.format, min(picture.size)) == ("JPEG", 48)
    assert photo_folder.left_behind() == ["out.idx", "out.rec", "out.report.json"]


@pytest.mark.parametrize("spec", [SMALL, TranscodeSpec(pass_through=True), TranscodeSpec(resize=40, interp="random")])
def test_the_same_bytes_for_any_number_of_workers_and_any_read_ahead(photo_folder, spec):
    for number in range(40):
        photo_folder.add_line(f"{100 + number}\t0\t{number % 12:02}.{('jpeg', 'png', 'webp')[number % 3]}")
    photo_folder.add_line("a line that is no entry")
    photo_folder.add("missing.jpg", None)
    seen = set()
    for workers, ahead in ((1, 1), (2, 1 << 20), (7, 64 << 20)):
        packed(photo_folder, transcode=spec, workers=workers, read_ahead_bytes=ahead, overwrite=True)
        seen.add(tuple(photo_folder.out.with_suffix(end).read_bytes() for end in (".rec", ".idx", ".failures.jsonl")))
    assert len(seen) == 1


def test_pass_through_stores_the_files_themselves(photo_folder):
    packed(photo_folder, transcode=TranscodeSpec(pass_through=True, resize=48))
    with RecordReader(photo_folder.out) as records:
        files = sorted(photo_folder.root.iterdir())
        assert [bytes(record.content) for record in records] == [path.read_bytes() for path in files]


def test_labels_are_packed_when_asked_and_the_loss_is_told_when_not(folder, jpeg):
    folder.add("a.jpg", jpeg, labels="1\t2\t3.5")
    folder.add("b.jpg", jpeg, labels="4\t5")
    folder.add("c.jpg", jpeg, labels="6")
    report = packed(folder)
    assert (report.label_width, report.labels_dropped) == (3, 2)
    with RecordReader(folder.out) as records:
        assert [record.labels.tolist() for record in records] == [[1], [4], [6]]
    report = packed(folder, pack_label=True, overwrite=True)
    assert (report.label_width, report.labels_dropped) == (3, 0)
    with RecordReader(folder.out) as records:
        assert [record.labels.tolist() for record in records] == [[1, 2, 3.5], [4, 5], [6]]


def test_a_bad_picture_costs_only_itself_and_is_named(folder, jpeg):
    folder.add("good.jpg", jpeg)
    folder.add("missing.jpg", None)
    folder.add("empty.jpg", b"")
    folder.add("page.jpg", b"<html>")
    folder.add_line("not an entry")
    folder.add("cut.jpg", jpeg[: len(jpeg) // 2])
    folder.add("../good.jpg", None)
    folder.add("good.jpg", jpeg, index=99)
    report = packed(folder)
    assert (report.packed, report.failed, report.exit_code) == (2, 6, 3)
    assert report.failures == folder.out.with_suffix(".failures.jsonl")
    rows = failures(folder)
    assert [(row["index"], row["path"], row["line"], row["reason"]) for row in rows] == [
        (1, "missing.jpg", 2, "missing"),
        (2, "empty.jpg", 3, "empty"),
        (3, "page.jpg", 4, "not an image"),
        (None, None, 5, "malformed line"),
        (5, "cut.jpg", 6, "truncated"),
        (6, "../good.jpg", 7, "outside root"),
    ]
    assert rows[3]["text"] == "'not an entry'"
    assert all(row["message"] for row in rows)
    assert sum(report.reasons.values()) == 6
    with RecordReader(folder.out) as records:
        assert [record.key for record in records] == [0, 99]
    assert folder.left_behind() == ["out.failures.jsonl", "out.idx", "out.rec", "out.report.json"]


def test_failures_that_cannot_be_written_publish_nothing(folder, jpeg, monkeypatch):
    """As on a disk that is full by then: what was there before stays, and so does what was done."""
    folder.add("a.jpg", jpeg)
    folder.add("missing.jpg", None)
    old = b"".join(frame(b"old"))
    folder.out.write_bytes(old)

    def fail(file):
        if "failures" in file.path.name:
            raise OSError(28, "No space left on device", str(file.part))
        finish(file)

    finish = PartFile.finish
    monkeypatch.setattr(PartFile, "finish", fail)
    with pytest.raises(OSError, match="No space left"):
        packed(folder, overwrite=True)
    assert [name for name in folder.left_behind() if ".part" not in name] == ["out.journal", "out.rec"]
    assert folder.out.read_bytes() == old
    monkeypatch.undo()
    assert packed(folder, overwrite=True, resume=True).packed == 1
    assert folder.left_behind() == ["out.failures.jsonl", "out.idx", "out.rec", "out.report.json"]


def test_outputs_that_cannot_be_are_refused_before_any_work(folder, jpeg):
    folder.add("a.jpg", jpeg)
    out = folder.out
    log = out.with_suffix(".failures.jsonl")
    log.mkdir()
    with pytest.raises(UsageError, match=r"out\.failures\.jsonl is there and no plain file"):
        packed(folder)
    log.rmdir()
    os.mkfifo(out)
    with pytest.raises(UsageError, match=r"out\.rec is there and no plain file"):
        packed(folder, overwrite=True)
    out.unlink()
    folder.list = folder.list.rename(out.with_suffix(".idx"))
    with pytest.raises(UsageError, match=r"out\.idx would be overwritten by this very run"):
        packed(folder, overwrite=True)
    assert folder.left_behind() == []


def test_a_list_called_as_the_unfinished_output_is_not_overwritten(folder, jpeg):
    folder.add("a.jpg", jpeg)
    folder.list = folder.list.rename(folder.out.with_name("out.rec.part"))
    with pytest.raises(UsageError, match="would be overwritten by this very run"):
        packed(folder, overwrite=True)
    assert folder.list.read_text() == "0\t1\ta.jpg\n"


def test_a_link_into_a_folder_that_is_not_there(folder, jpeg, tmp_path):
    folder.add("a.jpg", jpeg)
    folder.out.symlink_to(tmp_path / "nowhere" / "x.rec")
    with pytest.raises(UsageError, match="nowhere: no such folder"):
        packed(folder)


def test_a_link_as_output_is_followed(folder, jpeg, tmp_path):
    folder.add("a.jpg", jpeg)
    target = tmp_path / "elsewhere"
    target.mkdir()
    folder.out.symlink_to(target / "real.rec")
    packed(folder)
    packed(folder, overwrite=True)
    assert folder.out.is_symlink()
    assert sorted(path.name for path in target.iterdir()) == ["real.rec"]
    with RecordReader(folder.out) as records:
        assert len(records) == 1


def test_outputs_whose_names_differ_at_their_end_do_not_share_an_index(folder, jpeg):
    for number, name in enumerate(("images.train", "images.val")):
        folder.add(f"{number}.jpg", jpeg)
        folder.out = folder.out.with_name(name)
        packed(folder)
    for name, count in (("images.train", 1), ("images.val", 2)):
        with RecordReader(folder.out.with_name(name)) as records:
            assert len(records) == count


def test_a_later_run_without_failures_leaves_no_old_report(folder, jpeg):
    folder.add("a.jpg", jpeg)
    folder.add("b.jpg", None)
    packed(folder)
    (folder.root / "b.jpg").write_bytes(jpeg)
    report = packed(folder, overwrite=True)
    assert report.failures is None
    assert folder.left_behind() == ["out.idx", "out.rec", "out.report.json"]


@pytest.mark.parametrize("bad", ["picture", "line"])
def test_on_error_fail_stops_at_once_and_leaves_nothing(folder, jpeg, bad):
    folder.add("a.jpg", jpeg)
    if bad == "picture":
        folder.add("broken.jpg", jpeg[:500])
    else:
        folder.add_line("2\tno path")
    folder.add("c.jpg", jpeg)
    with pytest.raises((TooManyFailuresError, ListError)) as caught:
        packed(folder, on_error="fail")
    assert "line 2" in str(caught.value) or ":2:" in str(caught.value)
    assert folder.left_behind() == []


@pytest.mark.parametrize(
    ("limit", "passes"), [("2", False), ("3", True), ("29%", False), ("30%", True), ("0", False), ("100%", True)]
)
def test_max_failures(folder, jpeg, limit, passes):
    for number in range(10):
        folder.add(f"{number}.jpg", None if number in (2, 5, 9) else jpeg)
    if passes:
        assert packed(folder, max_failures=FailureLimit.parse(limit)).failed == 3
        return
    with pytest.raises(TooManyFailuresError, match=r"missing.*failed, .* may"):
        packed(folder, max_failures=FailureLimit.parse(limit))
    assert folder.left_behind() == []


@pytest.mark.parametrize("text", ["", "-1", "many", "1.5", "101%", "5%%", "٣"])
def test_a_limit_that_is_none_is_refused(text):
    with pytest.raises(UsageError, match="--max-failures"):
        FailureLimit.parse(text)


def test_nothing_packed_is_an_error_that_names_the_first_failure(folder):
    folder.add("a.jpg", None)
    folder.add("b.jpg", None)
    with pytest.raises(NothingPackedError, match=r"2 missing.*line 1, 'a.jpg'.*root"):
        packed(folder)
    folder.list.write_text("\n\n")
    with pytest.raises(NothingPackedError, match="names no picture"):
        packed(folder)
    assert folder.left_behind() == []


def test_a_name_of_a_megabyte_is_no_message_of_a_megabyte(folder):
    folder.list.write_text(f"0\t1\t{'x' * 1_000_000}\n")
    with pytest.raises(NothingPackedError, match="line 1, 'xxx") as caught:
        packed(folder)
    assert len(str(caught.value)) < 2000


def test_an_existing_output_is_kept_unless_told_otherwise(photo_folder):
    packed(photo_folder)
    before = photo_folder.out.read_bytes()
    with pytest.raises(OutputExistsError, match="--overwrite"):
        packed(photo_folder, transcode=TranscodeSpec(resize=20))
    assert photo_folder.out.read_bytes() == before
    packed(photo_folder, transcode=TranscodeSpec(resize=20), overwrite=True)
    assert photo_folder.out.read_bytes() != before


@pytest.mark.parametrize("content", [b"0\t1\ta.jpg\n", b"\xff\xd8\xff"])
def test_only_a_record_file_is_replaced(photo_folder, content):
    """Not a list or a picture, named by mistake."""
    photo_folder.out.write_bytes(content)
    with pytest.raises(UsageError, match=r"out\.rec is there and no record file"):
        packed(photo_folder, overwrite=True)
    assert photo_folder.out.read_bytes() == content
    photo_folder.out.write_bytes(b"")
    assert packed(photo_folder, overwrite=True).packed


def test_a_failed_overwrite_keeps_the_old_output(photo_folder):
    packed(photo_folder)
    before = photo_folder.out.read_bytes(), photo_folder.out.with_suffix(".idx").read_bytes()
    photo_folder.add("missing.jpg", None)
    with pytest.raises(TooManyFailuresError):
        packed(photo_folder, overwrite=True, on_error="fail")
    assert (photo_folder.out.read_bytes(), photo_folder.out.with_suffix(".idx").read_bytes()) == before
    assert photo_folder.left_behind() == ["out.idx", "out.rec", "out.report.json"]


def test_duplicate_indices_are_counted(folder, jpeg):
    for index in (5, 6, 5, 5):
        folder.add("a.jpg", jpeg, index=index)
    report = packed(folder)
    assert (report.packed, report.duplicates, report.duplicate_examples) == (4, 2, (5,))


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"root": "nowhere"}, UsageError, "nowhere"),
        ({"out": "nowhere/out.rec"}, UsageError, "make it first"),
        ({"out": "out.idx"}, UsageError, r"\.rec"),
        ({"list": "none.lst"}, ListError, "gpu-im2rec list"),
    ],
)
def test_paths_that_cannot_work_are_refused_at_once(photo_folder, tmp_path, change, error, words):
    paths = {"list": photo_folder.list, "root": photo_folder.root, "out": photo_folder.out}
    paths |= {name: tmp_path / value for name, value in change.items()}
    with pytest.raises(error, match=words):
        pack(paths["list"], paths["root"], paths["out"])
    assert photo_folder.left_behind() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"workers": 0},
        {"label_width": 0},
        {"on_error": "ignore"},
        {"on_error": "fail", "max_failures": FailureLimit(count=1)},
        {"device": "tpu"},
    ],
)
def test_options_that_cannot_work_are_refused(photo_folder, wrong):
    with pytest.raises(UsageError):
        packed(photo_folder, **wrong)


def test_the_report_says_which_device_and_why(photo_folder):
    report = packed(photo_folder, device="auto")
    assert (report.engine, report.note) == ("cpu", "on the CPU: no NVIDIA driver")
    assert packed(photo_folder, device="cpu", overwrite=True).note == ""
    with pytest.raises(DeviceError, match="--device cpu"):
        packed(photo_folder, device="gpu", overwrite=True)


def test_the_report_counts_what_was_rescued(photo_folder, monkeypatch):
    class Rescued:
        name = "gpu:0"
        seam = 1
        meter = Meter(1)

        def transcode(self, batches):
            for batch in batches:
                yield [Encoded(source.data, "not a JPEG" if source.key % 3 else "") for source in batch]

    monkeypatch.setattr(devices, "choose", lambda *_: devices.Choice(Rescued(), ""))
    report = packed(photo_folder)
    assert report.rescued == {"not a JPEG": 8}
    assert report.to_dict()["rescued"] == {"not a JPEG": 8}


def test_progress_ends_at_the_whole(photo_folder):
    photo_folder.add("missing.jpg", None)
    seen = []
    report = pack(
        photo_folder.list, photo_folder.root, photo_folder.out, PackOptions(transcode=SMALL), progress=seen.append
    )
    last = seen[-1]
    assert (last.packed, last.failed, last.lines, last.total) == (12, 1, 13, 13)
    assert (last.bytes_in, last.bytes_out) == (report.bytes_in, report.bytes_out)
    assert [progress.lines for progress in seen] == sorted(progress.lines for progress in seen)


def test_a_full_disk_leaves_nothing_and_names_the_file(photo_folder):
    """The file size limit stands in for a full disk: the write fails in the middle of the records."""
    script = (
        "import resource, signal, sys; from gpu_im2rec import pack\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "try: pack(*sys.argv[1:])\n"
        "except OSError as error: print('OSError', error.filename)"
    )
    command = [sys.executable, "-c", script, photo_folder.list, photo_folder.root, photo_folder.out]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("OSError")
    assert "out.rec" in done.stdout
    assert photo_folder.left_behind() == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_ends_at_once_with_130_and_leaves_nothing(folder, photo):
    large = encoded(photo.resize((2000, 1500)), "jpeg")
    for _ in range(3000):
        folder.add("large.jpg", large)
    command = [sys.executable, "-m", "gpu_im2rec", "pack", folder.list, folder.root, folder.out, "--resize", "256"]
    run = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=heed_ctrl_c)
    deadline = time.monotonic() + 60
    while not folder.left_behind() and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.3)
    os.kill(run.pid, signal.SIGINT)
    _, said = run.communicate(timeout=20)
    assert run.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said
    assert folder.left_behind() == []


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs /proc")
def test_memory_does_not_grow_with_the_list(folder, photo):
    """Peak memory for 60,000 entries, against 6,000: the same, give or take the allocator."""
    folder.add("tiny.jpg", encoded(photo.resize((16, 16)), "jpeg"))
    script = (
        "import sys; from gpu_im2rec import *\n"
        "pack(*sys.argv[1:], PackOptions(transcode=TranscodeSpec(pass_through=True), overwrite=True))\n"
        "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )

    def peak_mb(entries):
        folder.list.write_text("".join(f"{index}\t0\ttiny.jpg\n" for index in range(entries)))
        command = [sys.executable, "-c", script, folder.list, folder.root, folder.out]
        return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout) / 1024

    assert peak_mb(60_000) <= peak_mb(6_000) + 8


def test_the_records_are_what_im2rec_packs(photo_folder):
    """The whole file, from its specification: header, picture by OpenCV, framing by hand."""
    import struct

    from tests.cpu.test_im2rec_parity import im2rec

    packed(photo_folder, transcode=TranscodeSpec(resize=48, interp="linear"))
    expected = b""
    for number, path in enumerate(sorted(photo_folder.root.iterdir())):
        content = im2rec(path.read_bytes(), color=1, resize=48, crop=False)
        payload = struct.pack("<IfQQ", 0, number % 4, number, 0) + content
        expected += struct.pack("<II", 0xCED7230A, len(payload)) + payload + bytes(-len(payload) % 4)
    assert photo_folder.out.read_bytes() == expected


@pytest.mark.parametrize("pack_label", [False, True])
def test_dali_reads_and_decodes_what_was_packed(folder, photo, pack_label):
    fn = pytest.importorskip("nvidia.dali.fn")
    from nvidia.dali import pipeline_def

    for number in range(6):
        folder.add(f"{number}.jpg", encoded(photo.rotate(number), "jpeg"), labels=f"{number}\t{number / 2}")
    packed(folder, pack_label=pack_label)

    @pipeline_def(batch_size=6, num_threads=1, device_id=None)
    def graph():
        pictures, labels = fn.readers.mxnet(path=[str(folder.out)], index_path=[str(folder.out.with_suffix(".idx"))])
        return fn.decoders.image(pictures, device="cpu"), labels

    pipeline = graph()
    pipeline.build()
    pictures, labels = pipeline.run()
    expected = [[number, number / 2] if pack_label else [number] for number in range(6)]
    assert [np.asarray(labels[number]).tolist() for number in range(6)] == expected
    with RecordReader(folder.out) as records:
        for number, record in enumerate(records):
            shown = np.asarray(Image.open(io.BytesIO(record.content))).astype(int)
            decoded = np.asarray(pictures[number])
            assert decoded.shape == shown.shape
            assert np.abs(decoded - shown).mean() < 2  # DALI upsamples chroma more plainly
