"""`sheet` as a person types it."""

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import pytest
from PIL import Image

from gpu_im2rec.recordio import RecordWriter, pack_header
from tests.conftest import encoded

from .test_cli import run

COLOURS = [(220, 20, 20), (20, 160, 30), (30, 60, 220)]


@pytest.fixture
def rec(tmp_path):
    """Six records of three classes, each in a colour of its own, and one that cannot be decoded."""
    (tmp_path / "classes.txt").write_text("red\ngreen\nblue \x1b[5m\n")
    with RecordWriter(tmp_path / "a.rec") as writer:
        for index in range(6):
            picture = encoded(Image.new("RGB", (60, 40), COLOURS[index % 3]), "png")
            writer.append(index, pack_header(index, [index % 3], packed=False), picture)
        writer.append(6, pack_header(6, [2.0], packed=False), b"nothing")
    return tmp_path / "a.rec"


def test_a_sheet(rec, tmp_path):
    out = tmp_path / "s.jpg"
    said = run("sheet", rec, out, "--per-class", 2).stdout
    assert "up to 2 of each of 3 classes" in said
    assert out.is_file()
    assert "is already there" in run("sheet", rec, out, code=1).stderr
    run("sheet", rec, out, "--overwrite", "--random", 3)


def test_json(rec, tmp_path):
    said = json.loads(run("sheet", rec, tmp_path / "s.png", "--worst", "--json").stdout)
    assert (said["rec"], said["sheet"], said["records"]) == (str(rec), str(tmp_path / "s.png"), 7)
    assert said["undecodable"] == 1
    assert said["chosen"][0]["reason"].startswith("not an image")
    assert {each["reason"] for each in said["chosen"][1:]} == {"nothing but one colour"}
    said = json.loads(run("sheet", rec, "--per-class", 9, "--json").stdout)
    assert (said["sheet"], said["classes"], said["undecodable"]) == (None, 3, 1)
    assert [each["label"] for each in said["chosen"]] == [0, 0, 1, 1, 2, 2, 2]
    assert [each["id"] for each in said["chosen"]] == [0, 3, 1, 4, 2, 5, 6]
    offsets = [int(line.split("\t")[1]) for line in rec.with_suffix(".idx").read_text().splitlines()]
    assert [each["offset"] for each in said["chosen"]] == [offsets[each["number"]] for each in said["chosen"]]


def test_labels_that_json_has_no_number_for(tmp_path):
    with RecordWriter(tmp_path / "n.rec") as writer:
        writer.append(0, pack_header(0, [float("nan")], packed=False), b"")
        writer.append(1, pack_header(1, [1.0, float("inf")], packed=True), b"")
    said = run("sheet", tmp_path / "n.rec", "--json").stdout
    labels = [each["label"] for each in json.loads(said, parse_constant=pytest.fail)["chosen"]]
    assert labels == [None, [1, None]]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "name a picture to write"),
        (["s.gif"], "its name must end in .jpg, .jpeg, .png, .webp"),
        (["s.jpg", "--random", "3", "--worst"], "exclude each other"),
        (["s.jpg", "--random", "0"], "room for 1 … 1,000"),
        (["s.jpg", "--per-class", "101"], "room for 1 … 100"),
        (["--terminal", "--json"], "choose one"),
        (["s.jpg", "--seed", "-1"], "seed must be"),
    ],
)
def test_wrong_usage(rec, tmp_path, monkeypatch, options, words):
    monkeypatch.chdir(tmp_path)
    assert words in run("sheet", rec, *options, code=2).stderr
    assert not list(tmp_path.glob("s.*"))


def in_a_terminal(*arguments, columns=80, **environment):
    """What a command writes to a terminal of so many columns and 24 lines."""
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    ours = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")}
    ours |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"} | environment
    command = [sys.executable, "-m", "gpu_im2rec", "sheet", *map(str, arguments)]
    with subprocess.Popen(command, stdout=side, stdin=side, stderr=subprocess.DEVNULL, env=ours) as child:
        os.close(side)
        said = b""
        while some := _read(main):
            said += some
    os.close(main)
    assert child.returncode == 0
    return said.decode()


def _read(descriptor):
    try:
        return os.read(descriptor, 1 << 16)
    except OSError:  # the other end is closed
        return b""


def visible(said):
    return re.sub(r"\x1b\[[\d;]*m", "", said).replace("\r\n", "\n")


def test_half_blocks_in_the_colours_of_the_pictures(rec):
    said = in_a_terminal(rec, "--terminal", "--per-class", 2)
    for red, green, blue in COLOURS:
        assert f"\x1b[38;2;{red};{green};{blue};48;2;{red};{green};{blue}m▀" in said
    shown = visible(said)
    assert "a.rec: 7 records" in shown
    assert all(words in shown for words in ("0 red", "1 green", r"2 blue \x1b[5m", "id 3 · 60x40"))
    assert "\x1b[5m" not in said, "names from strangers blink nothing"
    assert max(map(len, shown.splitlines())) <= 80
    assert len(shown.splitlines()) <= 2 * 24 + 4
    assert len(re.findall(r"id \d", shown)) == 6


def test_a_broader_terminal_has_more_beside_each_other(rec):
    shown = visible(in_a_terminal(rec, "--terminal", "--random", 6, columns=160))
    assert len(re.findall(r"id \d", next(line for line in shown.splitlines() if "id " in line))) == 6


def test_where_there_are_no_colours_there_are_shades(rec, tmp_path):
    assert "▀" not in in_a_terminal(rec, "--terminal", NO_COLOR="1")
    said = run("sheet", rec, tmp_path / "s.jpg", "--terminal", "--worst").stdout
    assert (tmp_path / "s.jpg").is_file() and "s.jpg" in said
    assert "\x1b" not in said and "▀" not in said
    assert "░░░" in said
    assert "not an image: no" in said
