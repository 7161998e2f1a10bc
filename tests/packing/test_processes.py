"""Several processes give the same file as one, and none outlives the run."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from gpu_im2rec import FailureLimit, PackOptions, TranscodeSpec, pack
from gpu_im2rec.devices import GpuTuning
from gpu_im2rec.errors import DeviceError, Im2recError, TooManyFailuresError
from gpu_im2rec.packing import processes
from gpu_im2rec.packing.metering import ProcessesMeter
from gpu_im2rec.packing.processes import transcoded_in_processes
from tests.conftest import heed_ctrl_c

SPEC = TranscodeSpec(resize=48)


def run(folder, out, **options):
    return pack(folder.list, folder.root, out, PackOptions(transcode=SPEC, **options))


@pytest.fixture
def large_folder(photo_folder):
    """A list of many chunks, some lines of which fail."""
    names = [line.split("\t")[2] for line in photo_folder.lines]
    photo_folder.add("broken.jpg", b"no picture")
    for number in range(20, 2600):
        name = "broken.jpg" if number % 50 == 0 else "gone.jpg" if number % 77 == 0 else names[number % 12]
        photo_folder.lines.append(f"{number}\t{number % 7}\t{name}")
    photo_folder.add_line("a line that is no entry")
    return photo_folder


def test_the_same_records_failures_and_report_as_from_one_process(large_folder, tmp_path):
    one = run(large_folder, tmp_path / "one.rec", device="cpu")
    two = run(large_folder, tmp_path / "two.rec", devices=("cpu", "cpu"))
    assert two.engine == "cpu + cpu"
    for suffix in (".rec", ".idx", ".failures.jsonl"):
        assert (tmp_path / f"two{suffix}").read_bytes() == (tmp_path / f"one{suffix}").read_bytes()
    assert (two.packed, two.failed, two.reasons, two.bytes_in) == (one.packed, one.failed, one.reasons, one.bytes_in)
    assert multiprocessing.active_children() == []


def test_what_is_not_for_a_gpu_is_done_and_named_as_it_is(photo_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(processes.devices, "why_no_gpu", lambda number=0: "")
    gpus = ("gpu:0", "gpu:1")

    def report(name, **transcode):
        options = PackOptions(transcode=TranscodeSpec(resize=48, **transcode), devices=gpus)
        return pack(photo_folder.list, photo_folder.root, tmp_path / name, options)

    png = report("png.rec", encoding="png")
    assert png.engine == "cpu"
    assert "PNG" in png.note
    assert report("as they are.rec", pass_through=True).engine == "pass-through"


def test_fewer_pictures_than_processes(photo_folder, tmp_path):
    report = run(photo_folder, tmp_path / "out.rec", devices=("cpu", "cpu", "cpu"))
    assert report.packed == 12


def test_processes_go_on_where_all_of_them_begin_a_batch(large_folder, tmp_path, monkeypatch):
    """What goes to which process, and with what, may decide the bytes."""
    monkeypatch.setattr(GpuTuning, "chunk", 20)
    monkeypatch.setattr(processes, "_SECONDS_OF_PATIENCE", 0.01)
    two = {"devices": ("cpu", "cpu"), "checkpoint_seconds": 0}
    with pytest.raises(TooManyFailuresError):
        run(large_folder, tmp_path / "out.rec", **two, max_failures=FailureLimit(count=30))
    report = run(large_folder, tmp_path / "out.rec", **two, resume=True)
    assert report.resumed_at > 0
    assert report.resumed_at % (8 * 20 * 2) == 0
    run(large_folder, tmp_path / "whole.rec", device="cpu")
    for suffix in (".rec", ".idx", ".failures.jsonl"):
        assert (tmp_path / f"out{suffix}").read_bytes() == (tmp_path / f"whole{suffix}").read_bytes()


def test_an_engine_that_holds_more_than_the_window_gets_more_lines(large_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(GpuTuning, "chunk", 200)
    monkeypatch.setattr(processes, "_CHUNKS_AHEAD", 1)
    monkeypatch.setattr(processes, "_SECONDS_OF_PATIENCE", 0.01)
    report = run(large_folder, tmp_path / "out.rec", devices=("cpu", "cpu"), gpu=processes.devices.GpuTuning(1))
    assert report.packed + report.failed == len(large_folder.lines)


def test_a_device_that_cannot_be_used_is_told_and_leaves_nothing(photo_folder, tmp_path):
    out = tmp_path / "out.rec"
    with pytest.raises(Im2recError):
        run(photo_folder, out, devices=("cpu", "gpu:99"))
    assert not list(tmp_path.glob("out.*"))
    assert multiprocessing.active_children() == []


def test_an_error_in_the_middle_ends_the_processes(large_folder, tmp_path):
    with pytest.raises(Im2recError):
        run(large_folder, tmp_path / "out.rec", devices=("cpu", "cpu"), on_error="fail")
    assert not list(tmp_path.glob("out.*"))
    assert multiprocessing.active_children() == []
    assert not [thread for thread in threading.enumerate() if "_all" in thread.name]


def test_a_killed_process_is_told(large_folder):
    done = transcoded_in_processes(
        _entries(large_folder), large_folder.root, PackOptions(transcode=SPEC), ["cpu", "cpu"], ProcessesMeter()
    )
    next(done)
    [victim, _] = sorted(multiprocessing.active_children(), key=lambda child: child.pid)
    os.kill(victim.pid, signal.SIGKILL)
    with pytest.raises(DeviceError, match="ended early, with exit code -9"):
        list(done)
    assert multiprocessing.active_children() == []


def test_a_message_that_cannot_be_understood_is_an_error(large_folder, monkeypatch):
    def garbled(connection):
        raise TypeError("__init__() missing an argument")

    monkeypatch.setattr(processes.Connection, "recv", garbled)
    with pytest.raises(DeviceError, match="cannot be understood"):
        next(
            transcoded_in_processes(
                _entries(large_folder), large_folder.root, PackOptions(transcode=SPEC), ["cpu"], ProcessesMeter()
            )
        )
    assert multiprocessing.active_children() == []


def test_the_processes_share_the_cores(monkeypatch):
    monkeypatch.setattr(processes.devices, "default_workers", lambda: 12)
    share = processes._share(PackOptions(), 3)
    assert (share.workers, share.gpu.decode_threads) == (4, 4)
    assert processes._share(PackOptions(workers=5), 3).workers == 5


def _entries(folder):
    from gpu_im2rec.lists import read_lines

    return read_lines(folder.list)


def test_ctrl_c_ends_all_processes(large_folder, tmp_path):
    script = (
        "from gpu_im2rec import *\n"
        "if __name__ == '__main__':\n"
        f"    pack({str(large_folder.list)!r}, {str(large_folder.root)!r}, {str(tmp_path / 'out.rec')!r},\n"
        "         PackOptions(devices=('cpu', 'cpu'), transcode=TranscodeSpec(resize=1000)))\n"
    )
    (tmp_path / "run.py").write_text(script)
    child = subprocess.Popen(
        [sys.executable, tmp_path / "run.py"], start_new_session=True, stderr=subprocess.DEVNULL, cwd=Path.cwd(),
        env=os.environ | {"PYTHONPATH": str(Path.cwd())}, preexec_fn=heed_ctrl_c,
    )  # fmt: skip
    part = tmp_path / "out.rec.part"
    deadline = time.monotonic() + 60
    while not (part.exists() and part.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(child.pid, signal.SIGINT)
    assert child.wait(30) != 0
    assert not list(tmp_path.glob("out.*"))
    with pytest.raises(ProcessLookupError):
        for _ in range(100):
            os.killpg(child.pid, 0)
            time.sleep(0.1)


def test_what_is_told_of_a_picture_comes_through():
    from gpu_im2rec.packing.processes import _as_result, _done
    from gpu_im2rec.packing.transcoding import Done
    from gpu_im2rec.transcode import Encoded, Failure, Reason

    for result in (Encoded(b"jpeg", "not a JPEG"), Encoded(b"jpeg", truncated=True), Failure(Reason.CORRUPT, "why")):
        done = Done("line", result, 7)
        assert _done("line", _as_result(done)) == done
