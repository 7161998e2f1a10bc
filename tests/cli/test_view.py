"""`view` as a person starts it, and ends it."""

import http.client
import json
import signal
import socket
import subprocess
import sys

import pytest
from PIL import Image

from gpu_im2rec import pack
from gpu_im2rec.cli import view as command
from gpu_im2rec.recordio import RecordWriter, pack_header

from ..conftest import encoded, heed_ctrl_c
from .test_cli import run


@pytest.fixture
def rec(photo_folder):
    pack(photo_folder.list, photo_folder.root, photo_folder.out)
    return photo_folder.out


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize(("number", "is_json"), [("SIGINT", False), ("SIGTERM", True), ("SIGHUP", True)])
def test_it_serves_until_it_is_asked_to_end(rec, number, is_json):
    words = [sys.executable, "-m", "gpu_im2rec", "view", str(rec), "--port", "0", *["--json"] * is_json]
    child = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_ctrl_c
    )  # fmt: skip
    line = child.stdout.readline()
    url = json.loads(line)["url"] if is_json else line.strip()
    connection = http.client.HTTPConnection(url.split("/")[2], timeout=30)
    connection.request("GET", "/small/0")
    assert connection.getresponse().status == 200  # and the connection stays open
    child.send_signal(getattr(signal, number))
    out, said = child.communicate(timeout=30)
    assert (child.returncode, out) == (0, "")
    if is_json:
        assert json.loads(line) == {"url": url, "records": 12}
        assert said == ""
    else:
        port = url.rstrip("/").rpartition(":")[2]
        assert said.splitlines() == [
            "12 records; Ctrl-C ends it",
            f"From another machine: ssh -L {port}:127.0.0.1:{port} HOST, then the same address there",
        ]
    connection.close()


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_it_ends_quietly_while_pictures_are_under_way(tmp_path):
    slow = encoded(Image.new("L", (10_000, 10_000)), "png", compress_level=1)
    with RecordWriter(tmp_path / "slow.rec") as writer:
        writer.append(0, pack_header(0, [0.0], packed=False), slow)
    child = subprocess.Popen(
        [sys.executable, "-m", "gpu_im2rec", "view", str(tmp_path / "slow.rec"), "--port", "0", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_ctrl_c,
    )  # fmt: skip
    host = json.loads(child.stdout.readline())["url"].split("/")[2]
    asked = [http.client.HTTPConnection(host) for _ in range(30)]
    for connection in asked:
        connection.request("GET", "/small/0")  # which takes some seconds, of all together
    assert asked[0].getresponse().status == 200
    child.send_signal(signal.SIGINT)
    assert child.communicate(timeout=60) == ("", "")
    assert child.returncode == 0
    for connection in asked:
        connection.close()


def test_what_cannot_be_shown(rec, tmp_path, monkeypatch):
    assert "no such record file" in run("view", tmp_path / "none.rec", code=1).stderr
    assert "is a folder; name its record files, such as" in run("view", tmp_path, code=1).stderr
    assert "nowhere: no such folder" in run("view", rec, "--root", tmp_path / "nowhere", code=2).stderr
    assert "give --root" in run("view", rec, "--list", rec, code=2).stderr
    rec.with_suffix(".report.json").unlink()  # which names the list
    assert "--list" in run("view", rec, "--root", tmp_path, code=2).stderr
    assert "classes" in run("view", rec, "--classes", tmp_path / "none.txt", code=1).stderr
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        assert f"port {taken} cannot be had" in run("view", rec, "--port", taken, code=2).stderr
    monkeypatch.setattr(command, "find_spec", lambda name: None)
    assert (
        run("view", rec, code=2).stderr == "error: the viewer needs two packages more: pip install 'gpu-im2rec[view]'\n"
    )
