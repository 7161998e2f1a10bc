"""Runs in which one call that changes a file fails, or is the last before a kill or a power cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.breaking.faults import Faults, Killed
from tests.breaking.scenes import Scene, contents


def calls_of(scene: Scene) -> list[str]:
    """Every call of an undisturbed run that changes a file, in order."""
    folder = scene.folder("counted")
    faults = Faults(folder)
    with pytest.MonkeyPatch.context() as patch:
        faults.install(patch)
        scene.run(folder)
    assert contents(folder) == scene.new
    assert {call.split()[0] for call in faults.calls} >= {"write", "fsync", "rename", "unlink"}
    return faults.calls


def fail_each(scene: Scene, *, lasting: bool, every: int = 1) -> int:
    """Let each call, or every so manieth, fail in a run of its own, and go on with that → how many did."""
    calls = list(enumerate(calls_of(scene)))[::every]
    for number, call in calls:
        folder = scene.folder("broken")
        with pytest.MonkeyPatch.context() as patch:
            Faults(folder, number, lasting=lasting).install(patch)
            try:
                scene.run(folder)
            except OSError as error:
                assert error.filename, call
        _check_and_go_on(scene, folder, f"call {number}, {call}, failed")
    return len(calls)


def kill_at_each(scene: Scene, *, power_cut: bool, every: int = 1) -> int:
    """End the process, or the power, at each such call of a run of its own, and go on with that → how often."""
    calls = list(enumerate(calls_of(scene)))[::every]
    for number, call in calls:
        folder = scene.folder("broken")
        faults = Faults(folder, number, killing=True)
        with pytest.MonkeyPatch.context() as patch:
            faults.install(patch)
            with pytest.raises(Killed):
                scene.run(folder)
        if power_cut:
            faults.cut_power()
        _check_and_go_on(scene, folder, f"the end at call {number}, {call}")
    return len(calls)


def _check_and_go_on(scene: Scene, folder: Path, after: str) -> None:
    scene.check(folder, after)
    if contents(folder) != scene.new:
        scene.run(folder, resume=(folder / "out.journal").exists() or not scene.appends)
    assert contents(folder) == scene.new, f"after {after}"
