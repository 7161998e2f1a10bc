"""Runs in which one call that changes a file fails, or is the last before a kill or a power cut."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from gpu_im2rec import PackOptions, TranscodeSpec, pack
from gpu_im2rec.sharding import Cut, pack_shards
from tests.breaking.faults import Faults, Killed
from tests.conftest import encoded, settled

PLAIN = PackOptions(transcode=TranscodeSpec(pass_through=True), checkpoint_seconds=0)


SCENES = {
    "new": PLAIN,
    "overwriting": replace(PLAIN, overwrite=True),
    "appending": replace(PLAIN, append=True),
    "faces": replace(PLAIN, layout="insightface", overwrite=True, checksums=True),
    "set": replace(PLAIN, checksums=True),
    "overwriting a set": replace(PLAIN, overwrite=True),
}


class Scene:
    """A list whose second line fails, and what is there before and after a run."""

    def __init__(self, name: str, home: Path, photo) -> None:
        self.options = SCENES[name]
        self.shards = 2 if "set" in name else 0
        self.home = home
        root = home / "root"
        root.mkdir()
        for number in range(5):
            if number != 1:
                (root / f"{number}.jpg").write_bytes(encoded(photo.crop((number, 0, number + 80, 60)), "jpeg"))
        self.list, self.old_list, self.root = home / "image.lst", home / "old.lst", root
        self.list.write_text("".join(f"{number}\t{number // 2}\t{number}.jpg\n" for number in range(5)))
        self.old_list.write_text("9\t7\t3.jpg\n8\t7\tgone.jpg\n")
        page = {"out.report.html": b"a page about the old records"}
        self.files = {} if name in ("new", "set") else self._made("old", self.old_list) | page  # before the run
        self.old = {name: settled(name, content) for name, content in self.files.items()}
        self.new = {name: settled(name, content) for name, content in self._made("new", self.list).items()}

    def _made(self, name: str, list_path: Path) -> dict[str, bytes]:
        folder = self.folder(name, old=name == "new")
        options = self.options
        if name == "old":
            options = replace(options, append=False, checksums=options.checksums or options.overwrite)
        self._pack(list_path, folder, options, 1 if name == "old" else self.shards)
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    def _pack(self, list_path: Path, folder: Path, options: PackOptions, shards: int):
        out = folder / "out.rec"
        if self.shards:
            return pack_shards(list_path, self.root, out, Cut(count=shards), options)
        return pack(list_path, self.root, out, options)

    def folder(self, name: str, *, old: bool = True) -> Path:
        """A folder as it is before the run."""
        folder = self.home / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for file, content in self.files.items() if old else ():
            (folder / file).write_bytes(content)
        return folder

    def run(self, folder: Path, *, resume: bool = False):
        return self._pack(self.list, folder, replace(self.options, resume=resume), self.shards)

    def check(self, folder: Path, told: str) -> None:
        """At no instant does a file bear its final name that is not whole, or beside one that it does not fit."""
        found = {name: content for name, content in contents(folder).items() if ".part" not in name}
        found.pop("out.journal", None)
        for name, content in found.items():
            assert content in (self.old.get(name), self.new.get(name)), f"{name} is not whole after {told}"
        if any(found[name] != self.old.get(name) for name in found if name.endswith(".rec")):
            for name, content in found.items():
                assert content == self.new.get(name), f"{name} does not fit to the records after {told}"


def contents(folder: Path) -> dict[str, bytes]:
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    return {name: settled(name, path.read_bytes()) for name, path in files.items()}


def calls_of(scene: Scene) -> list[str]:
    """Every call of an undisturbed run that changes a file, in order."""
    folder = scene.folder("counted")
    faults = Faults(folder)
    with pytest.MonkeyPatch.context() as patch:
        faults.install(patch)
        scene.run(folder)
    assert contents(folder) == scene.new
    assert {call.split()[0] for call in faults.calls} == {"write", "fsync", "rename", "truncate", "unlink"}
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
        scene.run(folder, resume=(folder / "out.journal").exists() or not scene.options.append)
    assert contents(folder) == scene.new, f"after {after}"
