"""The scripts for Slurm, as they stand: in a cluster of one node, and with what Slurm sets set by hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gpu_im2rec.recordio.manifest import read_manifest
from tests.cluster.scripts import HERE, records, whole
from tests.cluster.slurm import until
from tests.conftest import encoded

SCRIPTS = HERE / "examples" / "slurm"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="scripts of a Unix shell")


def by_hand(script: str, *words: str, cwd: Path, **environment: str) -> int:
    """The exit code of a script that is not run by Slurm."""
    return subprocess.run(["bash", SCRIPTS / script, *words], cwd=cwd, env=os.environ | environment).returncode


WORDS = ("image.lst", "root", "out.rec", "--resize", "48")


def test_the_shards_of_an_array_are_the_whole(slurm, photo_folder, program):
    home = photo_folder.list.parent
    job = slurm.run(
        "sbatch", "--parsable", "--array=0-2", "--cpus-per-task=1", str(SCRIPTS / "pack.sbatch"), *WORDS,
        cwd=home, **program,
    )  # fmt: skip
    merge = slurm.run(
        "sbatch", "--parsable", f"--dependency=afterok:{job}", str(SCRIPTS / "merge.sbatch"), "out.rec",
        cwd=home, **program,
    )  # fmt: skip
    states = [slurm.wait(f"{job}_{number}") for number in range(3)] + [slurm.wait(merge)]
    assert [state["JobState"] for state in states] == ["COMPLETED"] * 4, (home / f"pack-{job}-0.log").read_text()
    assert records(home) == whole(photo_folder)
    manifest = read_manifest(home / "out.manifest.json")
    assert (len(manifest.shards), manifest.records) == (3, 12)
    report = json.loads((home / "out-00001-of-00003.report.json").read_text())
    assert report["result"]["workers"] == 1
    assert "1/3 of the list" in (home / f"pack-{job}-1.log").read_text()


def test_a_task_that_is_taken_from_its_node_goes_on_where_it_was(slurm, folder, photo, program):
    home = folder.list.parent
    for number in range(20):
        folder.add(f"{number}.jpg", encoded(photo.rotate(number), "jpeg"))
    for number in range(20, 1600):
        folder.add(f"{number % 20}.jpg", None)
    job = slurm.run(
        "sbatch", "--parsable", "--array=0-1", "--cpus-per-task=1", str(SCRIPTS / "pack.sbatch"), *WORDS,
        cwd=home, **program,
    )  # fmt: skip
    journal = home / "out-00000-of-00002.journal"
    until(lambda: journal.exists() and journal.read_bytes().count(b"\n") > 1)
    slurm.requeue(f"{job}_0")
    assert [slurm.wait(f"{job}_{number}")["JobState"] for number in range(2)] == ["COMPLETED"] * 2
    assert slurm.state(f"{job}_0")["Restarts"] == "1"
    log = (home / f"pack-{job}-0.log").read_text()
    assert "DUE TO JOB REQUEUE" in log
    assert "lines; figures are of the whole" in log
    assert records(home) == whole(folder)


def by_hand_task(home: Path, number: int, program: dict[str, str], **environment: str) -> int:
    return by_hand(
        "pack.sbatch", *WORDS, cwd=home, SLURM_ARRAY_TASK_ID=str(number), SLURM_CPUS_PER_TASK="1",
        **program, **environment,
    )  # fmt: skip


def test_the_same_by_hand_and_a_picture_that_fails_costs_no_shard(photo_folder, program):
    photo_folder.add("broken.jpg", b"no picture")
    home = photo_folder.list.parent
    assert by_hand_task(home, 0, program, SLURM_ARRAY_TASK_COUNT="2") == 0
    assert by_hand_task(home, 1, program, SLURM_ARRAY_TASK_COUNT="1", SHARDS="2") == 0  # one task anew
    assert (home / "out-00001-of-00002.failures.jsonl").read_text().count("\n") == 1
    assert records(home) == whole(photo_folder)
    before = [path.stat().st_mtime_ns for path in sorted(home.glob("out-*"))]
    assert by_hand_task(home, 1, program, SLURM_ARRAY_TASK_COUNT="2") == 0  # queued again once it was done
    assert [path.stat().st_mtime_ns for path in sorted(home.glob("out-*"))] == before
    assert by_hand("merge.sbatch", "out.rec", cwd=home, **program) == 0
    assert read_manifest(home / "out.manifest.json").failed == 1


def test_an_error_is_the_tasks_error(photo_folder, program, capfd):
    assert by_hand_task(photo_folder.list.parent, 3, program, SLURM_ARRAY_TASK_COUNT="3") == 2
    assert "no part 3 of 3" in capfd.readouterr().err
