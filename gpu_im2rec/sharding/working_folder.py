"""Where the shards of a set wait until all are whole: ``OUT.shards.part``, beside the output."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gpu_im2rec.packing.finished import read_report
from gpu_im2rec.packing.lock import opened_and_locked
from gpu_im2rec.packing.part import Part
from gpu_im2rec.packing.unfinished import REPORT, SHARDS, path_of
from gpu_im2rec.recordio import beside
from gpu_im2rec.recordio.publishing import sync_directory


@dataclass(slots=True)
class Waiting:
    """A file that is whole and goes from ``part`` to ``path``; for ``publish_all``."""

    part: Path
    path: Path

    def finish(self) -> None:
        """It is on the disk already."""


class WorkingFolder:
    """The folder for the set ``out``; shards have their final names in it."""

    def __init__(self, out: Path) -> None:
        self.path = beside(out, SHARDS)
        self.out = self.path / out.name  # that shards are packed to
        self._final = out.parent

    def make(self) -> None:
        """An empty one. Raises OSError."""
        self.path.mkdir()
        sync_directory(self.path.parent)

    def check_idle(self) -> None:
        """Raises OutputBusyError where a shard is still at work, of a run that a cluster does not know to be lost."""
        for journal in self.path.glob("*.journal"):
            opened_and_locked(journal).close()

    def remove(self) -> None:
        """With all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)

    def is_worthless(self) -> bool:
        """Whether nothing in it is worth going on with; also where it is not there."""
        return not (self.path.is_dir() and any(self.path.iterdir()))

    def finished(self, parts: Sequence[Part]) -> int:
        """How many of ``parts`` are whole."""
        return sum(path_of(part.output(self.out), REPORT).exists() for part in parts)

    def waiting(self, names: Sequence[str]) -> list[Waiting]:
        """The files called so, ready to be published."""
        return [Waiting(self.path / name, self._final / name) for name in names]

    def take_back(self, parts: Sequence[Part]) -> None:
        """What was on its way to its final name when the last run was cut short, and will be again. Raises OSError."""
        for part in parts:
            try:
                files = read_report(part.output(self.out))["files"].values()
            except (OSError, ValueError):
                continue
            for file in self.waiting([file["name"] for file in files if file]):
                if not file.part.exists() and file.path.exists():
                    file.path.replace(file.part)
