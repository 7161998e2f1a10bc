"""The pictures under a folder, in the order in which im2rec.py finds them."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from gpu_im2rec.errors import ListError
from gpu_im2rec.lists.extensions import PACKABLE, extension_of, extensions_in


@dataclass(frozen=True, slots=True)
class Folder:
    """What one folder of a walk holds; names sorted by code point."""

    path: str  # relative to the root, with forward slashes; "" is the root
    pictures: list[str]
    subfolders: list[str]
    unreadable: list[str]  # what could not be looked at; "" is the folder itself
    left_out: Counter[str] = field(default_factory=Counter)  # files that `pack` reads, but of extensions not asked for

    def inside(self, name: str) -> str:
        """``name`` in this folder as a path relative to the root."""
        return f"{self.path}/{name}" if self.path else name


class Walk(Protocol):
    """As ``walk`` does it on a disk."""

    def __call__(self, root: str | os.PathLike[str], exts: Iterable[str], *, recursive: bool) -> Iterator[Folder]: ...


def walk(root: str | os.PathLike[str], exts: Iterable[str], *, recursive: bool) -> Iterator[Folder]:
    """The root and, if ``recursive``, all that is below it: each folder before its subfolders.

    Pictures are files whose extension is one of ``exts``, whatever the case, with or without the leading dot. Links are
    followed, but not into a folder that they are in. Raises ListError if the root cannot be read.
    """
    root, extensions = Path(root), extensions_in(exts)
    waiting: list[tuple[str, frozenset[tuple[int, int]]]] = [("", frozenset())]
    while waiting:
        path, ancestors = waiting.pop()
        try:
            status = (root / path).stat()
            if (identity := (status.st_dev, status.st_ino)) in ancestors:
                continue
            folder = _look_into(root, path, extensions)
        except OSError as error:
            if not path:
                raise ListError(
                    f"{root}: the folder cannot be read: {error.strerror}. Check its name; the order is PREFIX ROOT"
                ) from error
            yield Folder(path, [], [], [""])
            continue
        yield folder
        if recursive:
            waiting += [(folder.inside(name), ancestors | {identity}) for name in reversed(folder.subfolders)]


def _look_into(root: Path, path: str, extensions: set[str]) -> Folder:
    folder = Folder(path, [], [], [])
    with os.scandir(root / path) as entries:
        for entry in entries:
            try:
                if entry.is_dir():
                    folder.subfolders.append(entry.name)
                elif (extension := extension_of(entry.name)) in extensions and entry.is_file():
                    folder.pictures.append(entry.name)
                elif extension in PACKABLE and entry.is_file():
                    folder.left_out[f".{extension}"] += 1
            except OSError:
                folder.unreadable.append(entry.name)
    for names in (folder.pictures, folder.subfolders, folder.unreadable):
        names.sort()
    return folder
