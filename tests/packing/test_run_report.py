"""OUT.report.json: all of it is there, its sums agree, and its verdict is what the run met."""

import json
import platform
import subprocess
import sys
import time
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest

from gpu_im2rec import FailureLimit, PackOptions, TranscodeSpec, __version__, pack
from gpu_im2rec.devices import GpuTuning
from gpu_im2rec.errors import TooManyFailuresError, UsageError
from gpu_im2rec.packing import Part, bottleneck, processes
from gpu_im2rec.packing.ledger import Ledger
from gpu_im2rec.packing.root import Root
from gpu_im2rec.transcode.passthrough import PassThroughEngine
from tests.conftest import encoded

SMALL = PackOptions(transcode=TranscodeSpec(resize=48), device="cpu", workers=2)
SHARES = pytest.approx(1, abs=0.001)


def packed(folder, **options):
    result = pack(folder.list, folder.root, folder.out, replace(SMALL, **options))
    return result, json.loads(result.report.read_text())


def stages_of(report):
    return {stage["name"]: stage for stage in report["stages"]}


def test_all_of_it(photo_folder, photo):
    photo_folder.add("grey.jpg", encoded(photo.convert("L").resize((90, 60)), "jpeg"))
    photo_folder.add("gone.jpg", None)
    result, report = packed(photo_folder)
    assert result.report == photo_folder.out.with_suffix(".report.json")
    assert list(report) == [
        "format", "rec", "bytes", "finished", "versions", "machine", "options", "result", "list_lines", "fingerprint",
        "files", "stages", "bottleneck", "pace", "source_sizes",
    ]  # fmt: skip
    assert (report["format"], report["rec"], report["bytes"]) == (1, "out.rec", photo_folder.out.stat().st_size)
    assert abs(datetime.now(UTC) - datetime.fromisoformat(report["finished"])) < timedelta(minutes=5)
    assert report["versions"]["gpu-im2rec"] == __version__
    assert report["versions"]["python"] == platform.python_version()
    assert {"numpy", "pillow", "simplejpeg", "imagecodecs"} <= set(report["versions"])
    assert all(report["versions"].values())
    assert list(report["machine"]) == ["system", "processor", "cores", "memory", "gpus"]
    assert report["machine"]["cores"] >= 1
    assert report["machine"]["gpus"] == []
    assert report["result"] == json.loads(json.dumps(result.to_dict(), default=str))
    assert report["bottleneck"] == {"stage": None, "words": ""}  # it took no two seconds
    assert report["source_sizes"]["sampled"] == 13
    assert [90, 60, 1] in report["source_sizes"]["sizes"]
    known = sum(count for _, _, count in report["source_sizes"]["sizes"])
    assert known == 13 - 4  # that are WebP


def test_every_option_is_there_as_a_plain_value(photo_folder):
    options = {"part": Part(0, 2), "max_failures": FailureLimit(percent=5), "stall_timeout": float("inf")}
    _, report = packed(photo_folder, **options, read_threads=3, gpu=GpuTuning(7))
    found = report["options"]
    names = {one.name for kind in (PackOptions, TranscodeSpec, GpuTuning) for one in fields(kind)}
    assert set(found) == names - {"transcode", "gpu"} | {"list", "root"}
    assert (found["list"], found["root"]) == (str(photo_folder.list), str(photo_folder.root))
    assert (found["resize"], found["read_threads"], found["batch_size"], found["devices"]) == (48, 3, 7, [])
    assert (found["part"], found["max_failures"], found["stall_timeout"]) == ("0/2", "5%", "inf")
    assert stages_of(report)["read"]["threads"] == 3
    assert report["rec"] == "out-00000-of-00002.rec"


@pytest.mark.parametrize("devices", [(), ("cpu", "cpu")])
def test_the_sums_agree(photo_folder, devices):
    names = [line.split("\t")[2] for line in photo_folder.lines]
    photo_folder.lines += [f"{number}\t1\t{names[number % 12]}" for number in range(12, 600)]
    photo_folder.add("gone.jpg", None)
    result, report = packed(photo_folder, devices=devices)
    stages = stages_of(report)
    assert list(stages) == ["read", "transcode", "write"]
    assert [stage["pictures"] for stage in report["stages"]] == [601] * 3
    assert sum(stage["waited_share"] for stage in report["stages"]) == SHARES
    assert all(0 < stage["busy_share"] <= 1 for stage in report["stages"])
    assert [stage["threads"] for stage in report["stages"]] == [8 * len(devices or "1"), 2 * len(devices or "1"), 1]
    seconds = report["pace"][-1][0]
    assert 0 < seconds <= round(result.seconds, 2)
    for stage in report["stages"]:
        assert stage["busy_seconds"] == pytest.approx(
            stage["busy_share"] * stage["threads"] * seconds, rel=0.05, abs=0.02
        )
    assert report["pace"][0] == [0.0, 0]
    assert report["pace"][-1][1] == result.packed + result.failed == 601
    assert 300 <= report["source_sizes"]["sampled"] <= 302  # every second one
    assert report["source_sizes"]["sizes"]


class Slow:
    """Sleeps before each ``times``-th call of what it stands for."""

    def __init__(self, work, seconds, times=1):
        self.work, self.seconds, self.times, self.calls = work, seconds, times, 0

    def __get__(self, owner, kind=None):
        def call(*args, **kwargs):
            self.calls += 1
            if self.calls % self.times == 0:
                time.sleep(self.seconds)
            return self.work(owner, *args, **kwargs)

        return call


@pytest.mark.parametrize(
    ("kind", "name", "seconds", "stage", "words"),
    [
        (Root, "read", 0.05, "read", "it waited for files; try --read-threads 2"),
        (PassThroughEngine, "_stored", 0.02, "transcode", "checking the files bounds this run"),
        (Ledger, "add", 0.02, "write", "of its time, most of it waiting; a faster disk for OUT"),
    ],
)
def test_what_is_slow_is_named(photo_folder, monkeypatch, kind, name, seconds, stage, words):
    monkeypatch.setattr(bottleneck, "_LEAST_SECONDS", 0.1)
    monkeypatch.setattr(kind, name, Slow(getattr(kind, name), seconds))
    result, report = packed(photo_folder, transcode=TranscodeSpec(pass_through=True), read_threads=1)
    assert report["bottleneck"] == {"stage": stage, "words": result.bottleneck}
    assert words in result.bottleneck
    assert stages_of(report)[stage]["waited_share"] > 0.5


def test_workers_that_are_too_few_are_named(photo_folder, monkeypatch):
    from cpu_fallback.transcoder import Transcoder

    monkeypatch.setattr(bottleneck, "_LEAST_SECONDS", 0.1)
    monkeypatch.setattr("gpu_im2rec.devices.default_workers", lambda: 6)
    monkeypatch.setattr(Transcoder, "transcode", Slow(Transcoder.transcode, 0.03))
    result, _ = packed(photo_folder, workers=1)
    assert result.bottleneck.startswith("transcoding bounds this run")
    assert "with 1 worker at work for" in result.bottleneck
    assert result.bottleneck.endswith("; try --workers 6")


def test_a_child_that_does_not_say_goodbye_costs_nothing(photo_folder, monkeypatch):
    monkeypatch.setattr(processes._Process, "sizes", lambda self: None)
    _, report = packed(photo_folder, devices=("cpu", "cpu"))
    assert report["source_sizes"] == {"sampled": 0, "sizes": []}
    assert report["result"]["packed"] == 12


def test_a_run_that_goes_on_tells_of_itself(photo_folder):
    gone = photo_folder.root / "07.png"
    gone.rename(gone.with_suffix(".hidden"))
    with pytest.raises(TooManyFailuresError):
        packed(photo_folder, on_error="fail", checkpoint_seconds=0)
    assert not photo_folder.out.with_suffix(".report.json").exists()
    gone.with_suffix(".hidden").rename(gone)
    result, report = packed(photo_folder, resume=True, on_error="fail", read_threads=2)
    assert report["result"]["resumed_at"] == result.resumed_at == 7
    assert report["pace"][0] == [0.0, 7]
    assert report["pace"][-1][1] == 12
    assert stages_of(report)["write"]["pictures"] == 5
    assert report["source_sizes"]["sampled"] == 5


def test_a_report_is_of_the_last_run(photo_folder):
    packed(photo_folder)
    _, report = packed(photo_folder, append=True)
    assert (report["result"]["packed"], report["result"]["appended_to"]) == (12, 12)
    assert report["bytes"] == photo_folder.out.stat().st_size
    assert report["pace"][-1][1] == 12
    photo_folder.out.unlink()
    photo_folder.out.with_suffix(".idx").unlink()
    _, report = packed(photo_folder)  # nobody is asked whether the old report may go
    assert report["result"]["appended_to"] == 0


@pytest.mark.parametrize("suffix", [".report.json", ".report.html"])
def test_a_report_cannot_be_a_folder_or_the_list(photo_folder, suffix):
    report = photo_folder.out.with_suffix(suffix)
    report.mkdir()
    with pytest.raises(UsageError, match=rf"out\{suffix} is there and no plain file"):
        packed(photo_folder)
    report.rmdir()
    photo_folder.list = photo_folder.list.rename(report)
    with pytest.raises(UsageError, match=rf"out\{suffix} would be overwritten"):
        packed(photo_folder)
    assert photo_folder.list.exists()


def test_what_a_link_in_the_place_of_an_old_page_points_to_stays(photo_folder):
    picture = photo_folder.root / photo_folder.lines[0].split("\t")[2]
    page = photo_folder.out.with_suffix(".report.html")
    page.symlink_to(picture)
    packed(photo_folder)
    assert picture.exists()
    assert not page.is_symlink()


@pytest.mark.parametrize("threads", [0, 257])
def test_read_threads_have_a_range(threads):
    with pytest.raises(UsageError, match="--read-threads must be 1 … 256"):
        PackOptions(read_threads=threads)


def test_read_threads_change_no_byte(photo_folder):
    results = set()
    for threads in (1, 3, 64):
        packed(photo_folder, read_threads=threads, overwrite=True)
        results.add(photo_folder.out.read_bytes())
    assert len(results) == 1


def test_progress_tells_of_all_stages(photo_folder):
    seen = []
    pack(photo_folder.list, photo_folder.root, photo_folder.out, SMALL, progress=seen.append)
    last = seen[-1].stages
    assert [stage.pictures for _, stage in last.named()] == [12, 12, 12]
    assert last.seconds == pytest.approx(sum(stage.waited_seconds for _, stage in last.named()))
    assert all(0 <= stage.fill <= 1 for one in seen if one.stages for _, stage in one.stages.named())


def test_a_run_on_the_cpu_loads_nothing_of_the_gpus_engine(photo_folder):
    arguments = (str(photo_folder.list), str(photo_folder.root), str(photo_folder.out))
    script = (
        "import sys; from gpu_im2rec import PackOptions, pack; "
        f"pack(*{arguments}, PackOptions(device='cpu')); print('gpu_im2rec.gpu' in sys.modules)"
    )
    assert (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "False\n"
    )
