"""The Kubernetes job: its parts fit together, and its container's command does what it says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gpu_im2rec.storage.opening import store_of
from tests.cluster.scripts import HERE, whole

yaml = pytest.importorskip("yaml")
MANIFEST = HERE / "examples" / "kubernetes" / "pack.yaml"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a command of a Unix shell")


@pytest.fixture(scope="module")
def job():
    return yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def container(job):
    (only,) = job["spec"]["template"]["spec"]["containers"]
    return only


def test_an_indexed_job_whose_numbers_agree(job, container):
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job")
    spec = job["spec"]
    assert spec["completionMode"] == "Indexed"
    shards = next(each["value"] for each in container["env"] if each["name"] == "SHARDS")
    assert int(shards) == spec["completions"] >= spec["parallelism"]
    assert spec["backoffLimitPerIndex"] > 0
    assert spec["template"]["spec"]["restartPolicy"] == "Never"  # which backoffLimitPerIndex asks for
    exits = [rule["onExitCodes"] for rule in spec["podFailurePolicy"]["rules"] if "onExitCodes" in rule]
    assert [rule["containerName"] for rule in exits] == [container["name"]]
    workers = next(each for each in container["env"] if each["name"] == "WORKERS")
    resource = workers["valueFrom"]["resourceFieldRef"]["resource"].removeprefix("limits.")
    assert resource in container["resources"]["limits"]


def run(container, home: Path, index: int, program: dict[str, str], **environment: str) -> int:
    """The exit code of the container's command in the environment that Kubernetes makes, but for ``environment``."""
    plain = {each["name"]: each["value"] for each in container["env"] if "value" in each}
    set_by_kubernetes = {"JOB_COMPLETION_INDEX": str(index), "WORKERS": "1"}
    environment = plain | set_by_kubernetes | program | environment
    return subprocess.run(container["command"], cwd=home, env=os.environ | environment).returncode


def test_out_of_a_bucket_and_into_it(container, photo_folder, program, bucket, capfd):
    photo_folder.add("broken.jpg", b"no picture")
    for path in photo_folder.root.iterdir():
        bucket.put(f"photos/{path.name}", path.read_bytes())
    bucket.put("train.lst", photo_folder.list.read_bytes())
    places = {"LIST": "train.lst", "ROOT": "photos", "OUT": "records/out.rec"}
    ours = {name: f"{bucket.url}/{key}" for name, key in places.items()} | {"OPTIONS": "--resize 48", "SHARDS": "2"}
    home = photo_folder.list.parent
    assert [run(container, home, index, program, **ours) for index in range(2)] == [0, 0]
    store = store_of(bucket.url).fs
    shards = [f"{bucket.url}/records/out-0000{index}-of-00002.rec" for index in range(2)]
    assert b"".join(store.cat_file(shard) for shard in shards) == whole(photo_folder)
    capfd.readouterr()
    assert run(container, home, 1, program, **ours) == 0
    assert "packed by an earlier run" in capfd.readouterr().out  # a pod that was killed when all was done


def test_an_error_is_the_pods_error(container, photo_folder, program):
    ours = {"LIST": "image.lst", "ROOT": "root", "OUT": "out.rec", "OPTIONS": "", "SHARDS": "2"}
    home = photo_folder.list.parent
    assert run(container, home, 0, program, **ours | {"LIST": "other.lst"}) == 1
    assert run(container, home, 2, program, **ours) == 2
