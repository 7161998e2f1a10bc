"""`unpack` as a person types it."""

import json
import shlex

import pytest

from gpu_im2rec import PackOptions, TranscodeSpec, pack
from gpu_im2rec.recordio import RecordWriter, pack_header

from .test_cli import run


@pytest.fixture
def packed(photo_folder):
    pack(photo_folder.list, photo_folder.root, photo_folder.out, PackOptions(transcode=TranscodeSpec(resize=64)))
    return photo_folder.out


def test_there_and_back(packed, tmp_path):
    said = run("unpack", packed, tmp_path / "again").stdout
    assert said.startswith("unpacked    12 pictures, ")
    for words in (": 12 JPEG\n", f"list        {tmp_path / 'again.lst'}\n", "pack again  gives the same bytes\n"):
        assert words in said
    command = said.splitlines()[-1]
    assert command.startswith("  gpu-im2rec pack ")
    program, *words = shlex.split(command)
    run(*words)
    assert program == "gpu-im2rec"
    assert (tmp_path / "again-again.rec").read_bytes() == packed.read_bytes()
    assert "again.lst is there already" in run("unpack", packed, tmp_path / "again", code=1).stderr


def test_what_differs_is_said(tmp_path, jpeg):
    with RecordWriter(tmp_path / "a.rec") as writer:
        for number in range(3):
            writer.append(number, pack_header(7, [1.0], packed=False, id2=number), jpeg)
    said = run("unpack", tmp_path / "a.rec", tmp_path / "out").stdout
    for words in (
        "repeated ids  2 files whose id was there before",
        "differs       records that have an id2 that is not 0: 2\n",
        "differs       records that have another line in the index",
        "pack again    gives the same bytes, but for what differs\n",
    ):
        assert words in said


def test_json(packed, tmp_path):
    report = json.loads(run("unpack", packed, tmp_path / "out", "--json").stdout)
    assert (report["rec"], report["folder"], report["list"]) == (
        *(str(packed), str(tmp_path / "out"), str(tmp_path / "out.lst")),
    )
    assert report.keys() == {
        *("rec", "folder", "list", "pictures", "bytes", "formats", "repeated_ids", "identities", "pack_again"),
        *("notes", "seconds"),
    }
    assert (report["pictures"], report["formats"], report["notes"]) == (12, {"JPEG": 12}, [])


def test_a_damaged_file_has_a_next_step(packed, tmp_path):
    packed.write_bytes(packed.read_bytes()[:-5])
    said = run("unpack", packed, tmp_path / "out", code=1).stderr
    assert said.startswith(f"error: {packed}: offset ")
    assert said.endswith(f"`gpu-im2rec repair {packed} FIXED.rec` saves what is whole\n")
    assert "overwrite" not in run("unpack", packed, packed, code=1).stderr
