"""Every call that changes a file fails once, or is where the process is killed or the power cut. Nothing is lost."""

from __future__ import annotations

import sys

import pytest

from tests.breaking.calls import fail_each, kill_at_each
from tests.breaking.scenes import SCENES, Scene, scene_of

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks /proc for names")


@pytest.fixture(params=SCENES)
def scene(request, tmp_path, photo) -> Scene:
    return scene_of(request.param, tmp_path, photo)


@pytest.mark.parametrize("lasting", [False, True])
def test_any_call_may_fail(scene, lasting):
    assert fail_each(scene, lasting=lasting, every=_every(scene)) > 5


@pytest.mark.parametrize("power_cut", [False, True])
def test_any_call_may_be_the_last(scene, power_cut):
    assert kill_at_each(scene, power_cut=power_cut, every=_every(scene)) > 5


def _every(scene: Scene) -> int:
    """There are more calls than there is time for; `python -m tests.breaking` tries all of them."""
    return 9 if scene.slow else 3
