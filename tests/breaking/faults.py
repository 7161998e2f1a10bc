"""A layer at the file functions that fails, or kills, at the n-th call, and knows what a power cut would leave."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest


class Killed(BaseException):
    """As good as kill -9: nothing that comes behind it touches the disk."""


class Faults:
    """Counts what changes files under ``folder``, and strikes at call number ``at``, from 0.

    ``killing``: that call and all later ones do nothing, as if the process had ended. Otherwise only that one fails;
    or, if ``lasting``, all later ones of its kind do, too, as on a disk that stays full.
    """

    def __init__(self, folder: Path, at: int = -1, *, killing: bool = False, lasting: bool = False) -> None:
        self.calls: list[str] = []
        self._folder, self._at, self._killing, self._lasting = str(folder), at, killing, lasting
        self._kind = ""  # of the call that failed
        self._on_disk: dict[str, bytes] = {}  # what a power cut leaves of each file, by its present name
        self._names: list[Callable[[], None]] = []  # what undoes each change of a name that is not on the disk

    def strike(self, kind: str, path: str | Path) -> None:
        """Note the call; raise if it is its turn."""
        if not str(path).startswith(self._folder):
            return
        number = len(self.calls)
        self.calls.append(f"{kind} {Path(path).name}")
        if self._killing and 0 <= self._at <= number:
            raise Killed
        if number == self._at or (self._lasting and 0 <= self._at < number and kind == self._kind):
            self._kind = kind
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    def cut_power(self) -> None:
        """Take back what is not on the disk for sure: names, and bytes, of which noise is left."""
        for undo in reversed(self._names):
            undo()
        for path in [*Path(self._folder).rglob("*")]:
            if path.is_file() and path.name.endswith(
                (".part", ".journal")
            ):  # all others were there before, or are whole by then
                durable = self._on_disk.get(str(path), b"")
                lost = max(0, path.stat().st_size - len(durable))
                path.write_bytes(durable + (bytes(lost) if path.suffix == ".journal" else os.urandom(lost)))

    def _synced(self, path: str) -> None:
        if Path(path).is_dir():
            self._names.clear()
        else:
            self._on_disk[path] = Path(path).read_bytes()

    def _renamed(self, source: Path, target: Path, replaced: bytes | None) -> None:
        def undo() -> None:
            source.write_bytes(target.read_bytes())
            self._on_disk[str(source)] = self._on_disk.pop(str(target), b"")
            target.unlink()
            if replaced is not None:
                target.write_bytes(replaced)

        self._on_disk[str(target)] = self._on_disk.pop(str(source), b"")
        self._names.append(undo)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Put the layer in place."""
        layer = self

        class File(io.FileIO):
            def write(self, data: object) -> int:
                layer.strike("write", _path_of(self.fileno()))
                return super().write(data)  # type: ignore[arg-type]

            def truncate(self, size: int | None = None) -> int:
                layer.strike("truncate", _path_of(self.fileno()))
                return super().truncate(size)

        def fsync(descriptor: int) -> None:
            path = _path_of(descriptor)
            layer.strike("fsync", path)
            layer._synced(path)

        def rename(self: Path, target: Path) -> Path:
            if not self.exists():
                raise FileNotFoundError(self)
            layer.strike("rename", self)
            replaced = target.read_bytes() if target.exists() else None
            result = real_replace(self, target)
            layer._renamed(self, target, replaced)
            return result

        def unlink(self: Path, missing_ok: bool = False) -> None:
            if self.exists():
                layer.strike("unlink", self)
                content = self.read_bytes()
                layer._names.append(lambda: self.write_bytes(content) and None)
            real_unlink(self, missing_ok)

        def copy_file_range(source: int, target: int, count: int) -> int:
            layer.strike("copy", _path_of(target))
            return real_copy(source, target, count)

        real_replace, real_unlink, real_copy = Path.replace, Path.unlink, os.copy_file_range
        monkeypatch.setattr("gpu_im2rec.recordio.part_file.io.FileIO", File)
        monkeypatch.setattr("gpu_im2rec.packing.journal.io.FileIO", File)
        monkeypatch.setattr("gpu_im2rec.packing.saving._MOST_UNSAVED", 0)  # the same calls in every run
        monkeypatch.setattr(os, "fsync", fsync)
        monkeypatch.setattr(os, "copy_file_range", copy_file_range)
        monkeypatch.setattr(Path, "replace", rename)
        monkeypatch.setattr(Path, "unlink", unlink)


def _path_of(descriptor: int) -> str:
    return os.readlink(f"/proc/self/fd/{descriptor}").removesuffix(" (deleted)")
