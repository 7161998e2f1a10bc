"""`examples/photos.py` as people call it, and what `make help` lists."""

import re
import subprocess
import sys
from pathlib import Path
from shutil import which

import pytest

HERE = Path(__file__).parent.parent


def run(*words):
    return subprocess.run(words, cwd=HERE, capture_output=True, text=True, check=False)


def test_photos(tmp_path):
    done = run(sys.executable, "-m", "examples.photos", str(tmp_path / "photos"))
    assert done.stdout == f"14 photographs in {tmp_path / 'photos'}\n"
    assert len(list(tmp_path.glob("photos/*/*.*"))) == 14


@pytest.mark.parametrize(("words", "code"), [([], 2), (["--help"], 0), (["a", "b"], 2)])
def test_photos_says_how_it_is_called(words, code):
    done = run(sys.executable, "-m", "examples.photos", *words)
    assert done.returncode == code
    assert "usage: python -m examples.photos [-h] folder" in done.stdout + done.stderr


@pytest.mark.skipif(which("make") is None, reason="make is not installed")
def test_make_help_lists_every_target():
    phony = re.search(r"^\.PHONY: (.*)$", (HERE / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    listed = [line.split()[:2] for line in run("make", "--no-print-directory", "help").stdout.splitlines()]
    assert phony
    assert sorted(listed) == sorted(["make", name] for name in phony[1].split())
