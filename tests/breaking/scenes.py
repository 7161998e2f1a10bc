"""What is broken: runs in a folder in which older outputs stand, and what is there before and after them."""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from dataclasses import replace
from pathlib import Path

from gpu_im2rec import PackOptions, TranscodeSpec, pack
from gpu_im2rec.packing import Part
from gpu_im2rec.sharding import Cut, merge, pack_shards, split
from tests.conftest import encoded, settled

PLAIN = PackOptions(transcode=TranscodeSpec(pass_through=True), checkpoint_seconds=0)

PACKING = {
    "new": PLAIN,
    "overwriting": replace(PLAIN, overwrite=True),
    "appending": replace(PLAIN, append=True),
    "faces": replace(PLAIN, layout="insightface", overwrite=True, checksums=True),
    "set": replace(PLAIN, checksums=True),
    "overwriting a set": replace(PLAIN, overwrite=True),
}
SCENES = (*PACKING, "merging", "describing a set", "splitting")


def scene_of(name: str, home: Path, photo) -> Scene:
    """The one of ``SCENES`` that is called so, in an empty folder ``home``."""
    return Packing(name, home, photo) if name in PACKING else Joining(name, home, photo)


class Scene(ABC):
    """A list whose second line fails, an older one, and a run."""

    slow = False
    appends = False  # a run that is not gone on with would do it twice

    def __init__(self, home: Path, photo) -> None:
        self.home, self.root = home, home / "root"
        self.root.mkdir()
        for number in range(5):
            if number != 1:
                picture = photo.crop((number, 0, number + 80, 60))
                (self.root / f"{number}.jpg").write_bytes(encoded(picture, "jpeg"))
        self.list, self.old_list = home / "image.lst", home / "old.lst"
        self.list.write_text("".join(f"{number}\t{number // 2}\t{number}.jpg\n" for number in range(5)))
        self.old_list.write_text("9\t7\t3.jpg\n8\t7\tgone.jpg\n")
        self.files: dict[str, bytes] = {}  # before the run
        old = self.folder("old")
        self.prepare(old)
        self.files = {path.name: path.read_bytes() for path in old.iterdir()}
        new = self.folder("new")
        self.run(new)
        self.old, self.new = contents(old), contents(new)

    @abstractmethod
    def prepare(self, folder: Path) -> None:
        """Make what is there before the run."""

    @abstractmethod
    def run(self, folder: Path, *, resume: bool = False) -> None:
        """What is to be broken, and after that ends what was begun."""

    def folder(self, name: str) -> Path:
        """A folder as it is before the run."""
        folder = self.home / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for file, content in self.files.items():
            (folder / file).write_bytes(content)
        return folder

    def check(self, folder: Path, told: str) -> None:
        """At no instant does a file bear its final name that is not whole, or beside one that it does not fit."""
        found = {name: content for name, content in contents(folder).items() if ".part" not in name}
        found.pop("out.journal", None)
        for name, content in found.items():
            assert content in (self.old.get(name), self.new.get(name)), f"{name} is not whole after {told}"
        main = [name for name in found if name.endswith((".rec", ".manifest.json"))]
        if any(found[name] != self.old.get(name) for name in main):
            for name, content in found.items():
                assert content == self.new.get(name), f"{name} does not fit to the records after {told}"


class Packing(Scene):
    """`pack`, to one file or a set."""

    def __init__(self, name: str, home: Path, photo) -> None:
        self._is_new, self._options = name in ("new", "set"), PACKING[name]
        self._is_set, self.appends = "set" in name, self._options.append
        self.slow = self._is_set
        super().__init__(home, photo)

    def prepare(self, folder: Path) -> None:
        if not self._is_new:
            options = self._options
            checksums = options.checksums or options.overwrite
            self._pack(folder, self.old_list, replace(options, append=False, checksums=checksums), shards=1)
            (folder / "out.report.html").write_text("a page about the old records")

    def run(self, folder: Path, *, resume: bool = False) -> None:
        self._pack(folder, self.list, replace(self._options, resume=resume), shards=2)

    def _pack(self, folder: Path, list_path: Path, options: PackOptions, shards: int) -> None:
        if self._is_set:
            pack_shards(list_path, self.root, folder / "out.rec", Cut(count=shards), options)
        else:
            pack(list_path, self.root, folder / "out.rec", options)


class Joining(Scene):
    """`merge` and `split`, over what they made of an older list."""

    def __init__(self, name: str, home: Path, photo) -> None:
        self._name = name
        self._sources = home / "sources"
        self._sources.mkdir()
        super().__init__(home, photo)

    def prepare(self, folder: Path) -> None:
        sources = folder if self._name == "describing a set" else self._sources  # which lie beside their manifest
        for name, list_path in (("old", self.old_list), ("new", self.list)):
            pack(list_path, self.root, self._sources / f"{name}.rec", replace(PLAIN, checksums=True))
            for number in range(2):
                pack(list_path, self.root, sources / f"{name}.rec", replace(PLAIN, part=Part(number, 2)))
        self._join(folder, "old", 1)

    def run(self, folder: Path, *, resume: bool = False) -> None:
        self._join(folder, "new", 2)

    def _join(self, folder: Path, name: str, shards: int) -> None:
        if self._name == "splitting":
            split(self._sources / f"{name}.rec", folder / "out.rec", Cut(count=shards), overwrite=True)
        elif self._name == "merging":
            merge([self._sources / f"{name}-*.rec"], folder / "out.rec", overwrite=True)
        else:
            merge([folder / f"{name}-*.rec"], folder / "out.manifest.json", overwrite=True)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file under ``folder``, without what differs from run to run."""
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    return {name: settled(name, path.read_bytes()) for name, path in files.items()}
