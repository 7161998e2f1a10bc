"""`--isolate`: the same files, a crash that costs its picture, and no process that outlives the run."""

import json
import os
import signal
import subprocess
import sys
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

import cpu_fallback
from cpu_fallback.supervised import SupervisedTranscoder
from gpu_im2rec import PackOptions, TranscodeSpec, pack
from gpu_im2rec.cli.app import app
from gpu_im2rec.errors import IsolationError, TooManyFailuresError
from gpu_im2rec.lists import read_lines
from gpu_im2rec.packing.metering import ProcessesMeter
from gpu_im2rec.packing.processes import transcoded_in_processes
from tests.conftest import heed_ctrl_c
from tests.cpu.fatal import Fatal, children, dies_at_start, is_running, no_child_left, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals and /proc")

SPEC = TranscodeSpec(resize=48)


@pytest.fixture(autouse=True)
def nothing_remains():
    with no_child_left():
        yield


@pytest.fixture
def with_fatal_pictures(monkeypatch):
    monkeypatch.setattr(cpu_fallback, "isolated", lambda spec: partial(SupervisedTranscoder, Fatal))


def run(folder, out, **options):
    return pack(folder.list, folder.root, out, PackOptions(transcode=SPEC, **options))


def test_the_same_files_as_without(photo_folder, tmp_path):
    photo_folder.add("broken.jpg", b"no picture")
    photo_folder.add("gone.jpg", None)
    plain = run(photo_folder, tmp_path / "plain.rec")
    for workers in (1, 3):
        report = run(photo_folder, tmp_path / "isolated.rec", isolate=True, workers=workers, overwrite=True)
        assert (report.packed, report.reasons, report.engine) == (plain.packed, plain.reasons, "cpu")
        for suffix in (".rec", ".idx", ".failures.jsonl"):
            assert (tmp_path / f"isolated{suffix}").read_bytes() == (tmp_path / f"plain{suffix}").read_bytes()


def test_cut_pictures_that_are_accepted_are_counted(folder, jpeg, tmp_path):
    folder.add("cut.jpg", jpeg[: len(jpeg) // 2])
    options = PackOptions(transcode=TranscodeSpec(resize=48, accept_truncated=True), isolate=True)
    assert pack(folder.list, folder.root, folder.out, options).truncated == 1


def test_a_crash_is_counted_and_named(folder, with_fatal_pictures):
    for number, word in enumerate((b"good", b"segfault", b"fine", b"abort", b"well")):
        folder.add(f"{number}.jpg", word)
    said = CliRunner().invoke(app, ["pack", *map(str, (folder.list, folder.root, folder.out)), "--isolate"])
    assert said.exit_code == 3
    assert "2 crashed" in said.stdout
    rows = [json.loads(line) for line in folder.out.with_suffix(".failures.jsonl").read_text().splitlines()]
    assert [(row["path"], row["reason"]) for row in rows] == [("1.jpg", "crashed"), ("3.jpg", "crashed")]
    assert "SIGSEGV" in rows[0]["message"]
    with pytest.raises(TooManyFailuresError, match=r"1\.jpg.*crashed"):
        run(folder, folder.out, isolate=True, on_error="fail", overwrite=True)


def test_no_process_to_be_had_is_an_error_that_leaves_nothing(photo_folder, monkeypatch):
    monkeypatch.setattr(cpu_fallback, "isolated", lambda spec: partial(SupervisedTranscoder, dies_at_start))
    with pytest.raises(IsolationError, match="exit code 7"):
        run(photo_folder, photo_folder.out, isolate=True)
    assert photo_folder.left_behind() == []


def test_several_devices_isolate_too(photo_folder, tmp_path):
    run(photo_folder, tmp_path / "plain.rec")
    run(photo_folder, tmp_path / "isolated.rec", isolate=True, devices=("cpu", "cpu"))
    assert (tmp_path / "isolated.rec").read_bytes() == (tmp_path / "plain.rec").read_bytes()


def test_the_processes_of_several_devices_have_children_that_end_with_them(photo_folder):
    for index in range(100, 4000):
        photo_folder.lines.append(f"{index}\t0\t00.jpeg")
    photo_folder.add_line("4000\t0\t00.jpeg")
    options = PackOptions(transcode=SPEC, isolate=True, workers=2)
    lines, root = read_lines(photo_folder.list), str(photo_folder.root)

    def grandchildren():
        return {pid for child in children(os.getpid()) for pid in children(child)}

    others = grandchildren()  # of tests before this one
    with closing(transcoded_in_processes(lines, root, options, ["cpu", "cpu"], ProcessesMeter())) as done:
        # each thread has one from its first batch
        assert wait_until(lambda: next(done) and len(grandchildren() - others) == 4)
        pids = grandchildren() - others
    assert wait_until(lambda: not any(map(is_running, pids)))


def test_pass_through_has_nothing_to_isolate(photo_folder, monkeypatch):
    monkeypatch.setattr(cpu_fallback, "isolated", None)
    options = PackOptions(transcode=TranscodeSpec(pass_through=True), isolate=True)
    assert pack(photo_folder.list, photo_folder.root, photo_folder.out, options).engine == "pass-through"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_a_run_that_is_interrupted_or_killed(photo_folder, how):
    for index in range(100, 20_000):
        photo_folder.lines.append(f"{index}\t0\t00.jpeg")
    photo_folder.add_line("20000\t0\t00.jpeg")
    command = [sys.executable, "-m", "gpu_im2rec", "pack", photo_folder.list, photo_folder.root, photo_folder.out]
    child = subprocess.Popen(
        [*command, "--isolate", "--workers", "2"], cwd=Path.cwd(), text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True, preexec_fn=heed_ctrl_c,
    )  # fmt: skip
    part = Path(f"{photo_folder.out}.part")
    assert wait_until(lambda: part.exists() and part.stat().st_size and len(children(child.pid)) == 2)
    grandchildren = children(child.pid)
    os.killpg(child.pid, how)
    _, said = child.communicate(timeout=30)
    assert child.returncode == (-how if how == signal.SIGKILL else 128 + how)
    assert "Traceback" not in said
    assert wait_until(lambda: not any(map(is_running, grandchildren)))
    if how != signal.SIGKILL:
        assert photo_folder.left_behind() == []
