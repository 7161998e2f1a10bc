"""Killed at any instant, a run that is gone on with ends with the bytes of an undisturbed one."""

from __future__ import annotations

import signal
import sys

import pytest

from tests.breaking.killing import OPTIONS, Arena

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("engine", OPTIONS)
def test_struck_at_random(tmp_path, photo, engine, number):
    arena = Arena(tmp_path, photo, engine, seed=number)
    arena.strike(times=12, number=number)
    assert arena.struck["packing"] > 3
