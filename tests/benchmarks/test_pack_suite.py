"""The suite `pack` once, with a few pictures and those contenders that need no environment of their own."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from benchmarks import corpora, environments, turbojpeg_limit
from benchmarks.corpora import CORPORA, Corpus, ensure, picture_files
from benchmarks.pack import one, suite
from benchmarks.pack.contenders import Contender, passing_through, resizing
from benchmarks.pack.memory import Peak
from benchmarks.pack.task import Task
from benchmarks.rounds import Missing, fresh


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """Six lines with three pictures; one round is enough."""
    monkeypatch.setattr(corpora, "FOLDER", tmp_path)
    monkeypatch.setattr(suite, "rounds", lambda commands, _: {name: [fresh(each)] for name, each in commands.items()})
    return ensure(Corpus("tiny", 320, 240, 9_000, files=3, repeats=2))


def some(contenders, *functions):
    return {name: each for name, each in contenders.items() if each.function in functions and each.workers == 2}


def test_resizing(tiny, tmp_path):
    """Ours and OpenCV pack the same bytes; what cannot be installed is named."""
    there = some(resizing(2, jpeg=True), "ours:linear", "opencv_steps:pack")
    absent = {"another": Contender("no:thing", 2, "nowhere")}
    table = suite.resized(tiny, there | absent, 1)
    (ours,), (opencv,) = table.runs.values()
    assert ours["items"] == opencv["items"] == 4, "all but the first of each worker"
    assert ours["picture_bytes"] == opencv["picture_bytes"] > 5_000
    text = suite.table("320x240", table)
    assert "6 files of 320x240 (JPEG)" in text
    assert "| OpenCV, 2 processes | " in text
    assert text.endswith("Left out: another: no environment of this name.")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tiny", "tiny.lst"]


def test_passing_through(tiny):
    there = some(passing_through(2), "ours:pass_through") | {
        "limit: a bare loop": Contender("bare_loop:pass_through", 1)
    }
    text = suite.table("pass-through", suite.passed_through(tiny, there, 1))
    assert "24 files" in text
    assert "**What bounds it.** The limit is a bare loop, which makes the same reads and writes" in text


def test_what_is_missing_or_of_another_size_is_noticed(tiny, tmp_path):
    task = Task(tiny.list, tiny.root, tmp_path, 1)
    files = [path.read_bytes() for path in task.files()]
    assert one._checked(files, task, "320x240") == one._checked(files, task, "-") == sum(map(len, files))
    for wrong, size in ((files, "341x256"), (files[1:], "320x240"), ([files[0]] * 6, "-")):
        with pytest.raises(AssertionError, match="instead of"):
            one._checked(wrong, task, size)


def test_a_limit_that_leaves_out_some_is_noticed(tiny, tmp_path):
    task = Task(tiny.list, tiny.root, tmp_path / "out", 1)
    task.out.mkdir()
    assert one._counted(6, task, "341x256") == 0
    (task.out / "out").write_bytes(b"".join(path.read_bytes() for path in task.files()))
    assert one._counted(6, task, "-") == (task.out / "out").stat().st_size
    for done, left_out, said in (
        (3, 0, "3 pictures instead of 6"),
        (None, 0, "None"),
        (6, 1, "bytes instead"),
    ):
        os.truncate(task.out / "out", (task.out / "out").stat().st_size - left_out)
        with pytest.raises(AssertionError, match=said):
            one._counted(done, task, "-")


@pytest.mark.skipif(not turbojpeg_limit.available(), reason="libturbojpeg is not installed")
def test_the_limit_does_all_pictures(tiny):
    table = suite.resized(tiny, some(resizing(2, jpeg=True), "turbojpeg:transcode"), 1)
    assert [run["items"] for (run,) in table.runs.values()] == [4]


def test_the_memory_of_all_processes_counts():
    def of_a_child():
        with Peak() as alone:
            pass
        with Peak() as peak:
            subprocess.run(
                [sys.executable, "-c", "import time; kept = b'1' * (100 << 20); time.sleep(0.5)"], check=True
            )
        assert alone.mb > 0
        return peak.mb - alone.mb

    # Seen before it has become another program, a child has its parent's memory: that is rare.
    assert any(100 < of_a_child() < 200 for _ in range(3))


def test_formats_of_corpora():
    mixed = CORPORA["mixed"]
    few = Corpus("few", 64, 48, 3_000, files=7, repeats=1, formats=mixed.formats)
    opened = [Image.open(io.BytesIO(content)) for content in picture_files(few, few.files)]
    assert [picture.format for picture in opened] == ["JPEG", "JPEG", "JPEG", "PNG", "WEBP", "BMP", "JPEG"]
    assert [picture.mode for picture in opened] == ["RGB", "RGB", "L", "RGB", "RGB", "RGB", "RGB"]
    assert [picture.info.get("progressive", 0) for picture in opened[:3]] == [0, 1, 0]
    assert [name[4:] for name in few.names] == [".jpg", ".jpg", ".jpg", ".png", ".webp", ".bmp", ".jpg"]


@pytest.fixture
def installing(tmp_path, monkeypatch):
    """Where environments are made; what their `python -m pip` does is up to the test."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path))

    def of(script):
        def create(folder, **_):
            (folder / "bin").mkdir(parents=True)
            (folder / "bin" / "python").write_text(f"#!/bin/sh\n{script}\n")
            (folder / "bin" / "python").chmod(0o755)

        monkeypatch.setattr(environments.venv, "create", create)
        return tmp_path

    return of


def test_an_environment_is_made_once(installing):
    folder = installing('echo "$@" >> "$0.calls"')
    python = environments.python("litdata")
    assert environments.python("litdata") == python == folder / "litdata" / "bin" / "python"
    torch, litdata = Path(f"{python}.calls").read_text().splitlines()
    assert torch.endswith("https://download.pytorch.org/whl/cpu torch==2.13.0+cpu")
    assert "litdata==" in litdata


def test_an_environment_that_cannot_be_made_leaves_nothing(installing):
    folder = installing("echo ERROR: No matching distribution found >&2; exit 1")
    with pytest.raises(Missing, match=r"^No matching distribution found$"):
        environments.python("mxnet")
    assert not [*folder.iterdir()]
