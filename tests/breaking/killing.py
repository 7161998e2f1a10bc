"""Runs in processes of their own that are killed, or asked to end, at random instants, and gone on with."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from gpu_im2rec import PackOptions, TranscodeSpec, pack
from gpu_im2rec.cli import signals
from tests.conftest import encoded, settled

OPTIONS = {
    "pass-through": PackOptions(transcode=TranscodeSpec(pass_through=True), checkpoint_seconds=0.005),
    "cpu": PackOptions(transcode=TranscodeSpec(resize=32), checkpoint_seconds=0.02, workers=2),
}
_LINES = {"pass-through": 6000, "cpu": 1500}

_server = multiprocessing.get_context("forkserver")  # from which children start in milliseconds
_server.set_forkserver_preload(["tests.breaking.killing", "cpu_fallback", "gpu_im2rec.packing"])


class Arena:
    """A list, the result of an undisturbed run, and runs that are disturbed."""

    def __init__(self, home: Path, photo, engine: str, seed: int) -> None:
        self.list, self.root = home / "image.lst", home / "root"
        self.options = OPTIONS[engine]
        self.struck: Counter[str] = Counter()  # by what a run was doing when it was hit
        self.wholes = 0  # results that were compared with the undisturbed one
        self._chance = random.Random(seed)
        self._home = home
        self.root.mkdir(exist_ok=True)
        for number in range(40):
            (self.root / f"{number}.jpg").write_bytes(encoded(photo.crop((number, 0, number + 64, 48)), "jpeg"))
        names = [f"{n % 40}.jpg" if n % 100 else f"gone{n}.jpg" for n in range(_LINES[engine])]
        self.list.write_text("".join(f"{number}\t{number % 7}\t{name}\n" for number, name in enumerate(names)))
        started = time.monotonic()
        self.whole = self._result("undisturbed")
        self._seconds = time.monotonic() - started

    def strike(self, times: int, number: int) -> None:
        """Send the signal at ``times`` random instants, each run going on with the one before; compare the results."""
        while self.struck.total() < times:
            folder = self._folder("disturbed")
            while not self._ended_by_itself(folder, number):
                self._check_names(folder)
            assert contents(folder) == self.whole
            self.wholes += 1

    def _ended_by_itself(self, folder: Path, number: int) -> bool:
        told = self._home / "told"
        told.write_text("")
        child = _server.Process(target=work, args=(self.list, self.root, folder / "out.rec", self.options, told))
        child.start()
        child.join(self._chance.uniform(0, 1.3 * self._seconds) + 0.02)
        if child.is_alive():
            doing = _doing(folder)
            os.kill(child.pid, number)
            child.join(60)
            if child.exitcode in (-number, 128 + number):  # the first: before its work or behind it
                self.struck[doing] += 1
                return "out.rec" in contents(folder) and "out.journal" not in contents(folder)
        assert child.exitcode == 3, f"{child.exitcode}: {told.read_text()}"  # some pictures are not there
        return True

    def _check_names(self, folder: Path) -> None:
        """What bears a final name is whole, and stands beside nothing that it does not fit."""
        for name, content in contents(folder).items():
            if not name.endswith((".part", ".journal")):
                assert content == self.whole[name], f"{name} is not whole"

    def _result(self, name: str) -> dict[str, bytes]:
        folder = self._folder(name)
        pack(self.list, self.root, folder / "out.rec", self.options)
        return contents(folder)

    def _folder(self, name: str) -> Path:
        folder = self._home / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: settled(path.name, path.read_bytes()) for path in folder.iterdir()}


def work(list_path: Path, root: Path, out: Path, options: PackOptions, told: Path) -> None:
    """What a child does: as the command line would. What it says goes to the file ``told``.

    Before and after it, a signal ends the child at once: it would find nobody who waits for its exception.
    """
    os.dup2(os.open(told, os.O_CREAT | os.O_WRONLY | os.O_TRUNC), 2)
    try:
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signals.heed()
            code = pack(list_path, root, out, replace(options, resume=True)).exit_code
        finally:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
    except KeyboardInterrupt as error:
        code = getattr(error, "exit_code", 130)
    sys.exit(code)


def _doing(folder: Path) -> str:
    names = {path.name for path in folder.iterdir()}
    if "out.journal" not in names:
        return "starting or done"
    if "out.rec" in names or "out.idx" in names:
        return "publishing"
    return "packing" if (folder / "out.journal").read_bytes().count(b"\n") > 1 else "before the first checkpoint"
