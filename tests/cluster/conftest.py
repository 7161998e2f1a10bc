"""A cluster, and the program that its jobs call."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cluster.scripts import PROGRAM
from tests.cluster.slurm import Slurm, why_not


@pytest.fixture(scope="session")
def slurm(tmp_path_factory):
    if reason := why_not():
        pytest.skip(reason)
    with Slurm(tmp_path_factory.mktemp("slurm")) as cluster:
        yield cluster


@pytest.fixture
def program(tmp_path: Path) -> dict[str, str]:
    """The environment in which scripts find ``gpu-im2rec``."""
    path = tmp_path / "bin" / "gpu-im2rec"
    path.parent.mkdir()
    path.write_text(PROGRAM)
    path.chmod(0o755)
    return {"PATH": f"{path.parent}:{os.environ['PATH']}"}
