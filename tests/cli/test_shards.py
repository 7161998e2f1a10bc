"""merge, split and what reads sets, at the command line."""

import json
from pathlib import Path

import pytest

from gpu_im2rec.recordio import RecordWriter, pack_header
from gpu_im2rec.recordio.manifest import read_manifest
from tests.cli.test_cli import run


@pytest.fixture
def parts(tmp_path: Path) -> list[str]:
    paths = [tmp_path / f"x-0000{number}-of-00003.rec" for number in range(3)]
    for number, path in enumerate(paths):
        with RecordWriter(path) as writer:
            for key in (number, number + 1):
                writer.append(key, pack_header(key, [0.0], packed=False), b"picture")
    return [str(path) for path in paths]


def test_merge(tmp_path, parts):
    result = run("merge", *reversed(parts), tmp_path / "all.rec")
    assert "merged          3 files" in result.stdout
    assert "duplicate keys  2, such as 1, 2; readers find only the last of each" in result.stdout
    result = run("merge", *parts, tmp_path / "x.manifest.json", "--json")
    said = json.loads(result.stdout)
    assert (said["sources"], said["records"], said["duplicates"]) == (3, 6, 2)
    assert (said["out"], said["idx"]) == (str(tmp_path / "x.manifest.json"), str(tmp_path / "x.dali.idx"))
    run("merge", *parts, tmp_path / "all.rec", code=1)
    run("merge", str(tmp_path / "x-*.rec"), tmp_path / "all.rec", "--overwrite", code=0)
    run("merge", parts[0], tmp_path / "y.rec", code=1)
    run("merge", *parts, tmp_path / "all", code=2)


def test_split_and_look(tmp_path, parts):
    run("merge", *parts, tmp_path / "all.rec")
    result = run("split", tmp_path / "all.rec", tmp_path / "out.rec", "--shards", 2)
    assert "shards    2 of 120 B\n" in result.stdout
    manifest = tmp_path / "out.manifest.json"
    assert [shard.records for shard in read_manifest(manifest).shards] == [3, 3]
    info = run("info", manifest)
    assert "complete  every file is there, with its size" in info.stdout
    assert json.loads(run("info", manifest, "--json").stdout)["complete"] is True
    said = json.loads(run("verify", manifest, "--json", code=4).stdout)
    assert (said["shards"], [kind["kind"] for kind in said["problems"]]) == (2, ["not an image"])
    (tmp_path / "out-00001-of-00002.rec").unlink()
    assert "missing   out-00001-of-00002.rec" in run("info", manifest).stdout
    assert "out-00001-of-00002.rec is not there" in run("verify", manifest, code=4).stdout
    for arguments in ((), ("--shards", 2, "--shard-size", "1MiB"), ("--shards", 7), ("--shard-size", "1G")):
        run("split", tmp_path / "all.rec", tmp_path / "new.rec", *arguments, code=2)
    said = json.loads(run("split", tmp_path / "all.rec", tmp_path / "new.rec", "--shard-size", "1MiB", "--json").stdout)
    assert (said["shards"], said["records"], said["largest"]) == (1, 6, 240)
