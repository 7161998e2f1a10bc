"""docs/readers.md does what it says, with the readers themselves."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from examples.photos import copy_to
from tests.docs.pages import sections
from tests.im2rec.test_real_tools import MXNET

SECTIONS = {section.title: section.blocks for section in sections("docs/readers.md") if section.blocks}
PROGRAMS = Path(sys.executable).parent


def interpreter(code: str) -> Path:
    """A Python with what ``code`` imports."""
    if "mxnet" in re.findall(r"^(?:import|from) (\w+)", code, re.MULTILINE):
        if not MXNET.exists():
            pytest.skip("mxnet is not installed beside this environment")
        return MXNET
    if "import torch" in code and not find_spec("torch"):
        pytest.skip("torch is not installed")
    return Path(sys.executable)


@pytest.mark.parametrize("title", SECTIONS)
def test_a_section(title, tmp_path):
    copy_to(tmp_path / "photos")
    environment = os.environ | {"PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}", "PYTHONWARNINGS": "ignore"}
    printed, ran = "", []
    for block in SECTIONS[title]:
        ran.append(block.kind)
        if block.kind == "sh":
            command = ["bash", "-e", "-o", "pipefail", "-c", block.content]
        elif block.kind == "python":
            (tmp_path / "read.py").write_text(block.content)
            command = [str(interpreter(block.content)), "read.py"]
        else:
            assert (block.kind, printed) == ("text", block.content)
            continue
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        printed = done.stdout
    assert ran == ["sh", "python", "text"]


def test_every_reader_has_a_section():
    for reader in ("MXNet", "GluonCV", "SageMaker", "DALI", "insightface", "ImageRecordIter", "PyTorch"):
        assert any(reader in title for title in SECTIONS)
