"""A real disk of two megabytes that fills up."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from gpu_im2rec import PackOptions, TranscodeSpec, pack
from tests.conftest import encoded

# In a mount namespace of its own, so that nobody needs to be root.
ON_A_SMALL_DISK = ["unshare", "--user", "--map-root-user", "--mount"]

SCRIPT = """
import os, subprocess, sys
from pathlib import Path
from gpu_im2rec import PackOptions, TranscodeSpec, pack

def mount(*options):
    subprocess.run(["mount", "-t", "tmpfs", *options, "tmpfs", str(disk)], check=True)

list_path, root, disk = map(Path, sys.argv[1:])
out = disk / "out.rec"
shortages = []

def run(resume):
    options = PackOptions(transcode=TranscodeSpec(pass_through=True), checkpoint_seconds=0, resume=resume)
    return pack(list_path, root, out, options, on_shortage=shortages.append)

mount("-o", "size=2m")
try:
    run(resume=False)
except OSError as error:
    print(error.errno, Path(error.filename).name, *error.__notes__)
print(*sorted(path.name for path in disk.iterdir()))
try:
    run(resume=True)
except OSError as error:
    print(error.errno, Path(error.filename).name, *error.__notes__)
subprocess.run(["mount", "-o", "remount,size=20m", str(disk)], check=True)
before = len(shortages)
report = run(resume=True)
print(report.packed, report.resumed_at > 100, before, len(shortages))
for path in disk.iterdir():
    (list_path.parent / path.name).write_bytes(path.read_bytes())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="mounts a disk")
def test_what_fits_is_kept_and_gone_on_with(tmp_path, photo):
    disk, root, image_list = tmp_path / "disk", tmp_path / "root", tmp_path / "image.lst"
    if not shutil.which("unshare") or subprocess.run([*ON_A_SMALL_DISK, "true"], capture_output=True).returncode:
        pytest.skip("no mount namespaces here")
    disk.mkdir()
    root.mkdir()
    for number in range(10):
        (root / f"{number}.jpg").write_bytes(encoded(photo.crop((number, 0, number + 200, 150)), "jpeg", quality=90))
    image_list.write_text("".join(f"{number}\t1\t{number % 10}.jpg\n" for number in range(600)))
    command = [*ON_A_SMALL_DISK, sys.executable, "-c", SCRIPT, image_list, root, disk]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    first, names, again, last = done.stdout.splitlines()
    assert first.startswith("28 ")
    assert "lines of the list are kept in" in first
    assert {name.rpartition(".")[2] for name in names.split()} == {"journal", "part"}
    assert again.startswith("28 ")
    assert last == "600 True 2 2"  # two runs were warned, the third had room
    whole = pack(image_list, root, tmp_path / "whole.rec", PackOptions(transcode=TranscodeSpec(pass_through=True)))
    assert (tmp_path / "out.rec").read_bytes() == whole.rec.read_bytes()
    assert (tmp_path / "out.idx").read_bytes() == whole.idx.read_bytes()
