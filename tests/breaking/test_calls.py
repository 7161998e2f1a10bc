"""Every call that changes a file fails once, or is where the process is killed or the power cut. Nothing is lost."""

from __future__ import annotations

import sys

import pytest

from tests.breaking.calls import SCENES, Scene, fail_each, kill_at_each

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks /proc for names")


@pytest.fixture(params=SCENES)
def scene(request, tmp_path, photo) -> Scene:
    return Scene(request.param, tmp_path, photo)


@pytest.mark.parametrize("lasting", [False, True])
def test_any_call_may_fail(scene, lasting):
    assert fail_each(scene, lasting=lasting, every=_every(scene)) > 10


@pytest.mark.parametrize("power_cut", [False, True])
def test_any_call_may_be_the_last(scene, power_cut):
    assert kill_at_each(scene, power_cut=power_cut, every=_every(scene)) > 10


def _every(scene: Scene) -> int:
    """There are more calls than there is time for; `python -m tests.breaking` tries all of them."""
    return 9 if scene.shards else 3
