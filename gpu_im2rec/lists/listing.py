"""All pictures of a folder in memory, ten million if need be: im2rec.py's shuffle needs the whole list."""

import os
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence

from gpu_im2rec.errors import ListError
from gpu_im2rec.lists.extensions import how_many
from gpu_im2rec.lists.walking import Folder, Walk


class Listing:
    """Paths and labels by index, in the order they were added: 12 bytes a picture besides its path."""

    def __init__(self) -> None:
        self.classes: list[str] = []  # by label: folders relative to the root, which is "."
        self.skipped: list[str] = []  # relative paths: names that no list can hold, and what could not be looked at
        self._left_out: Counter[str] = Counter()
        self._paths = bytearray()
        self._ends = array("Q")
        self._labels = array("I")

    def __len__(self) -> int:
        return len(self._ends)

    def add(self, folder: Folder) -> None:
        """Append a folder's pictures; if it has any, it is the next class."""
        label, before = len(self.classes), len(self)
        for name in folder.pictures:
            self._append(folder.inside(name), label)
        if len(self) > before:
            self.classes.append(folder.path or ".")
        self.skipped += map(folder.inside, folder.unreadable)
        self._left_out.update(folder.left_out)

    def line(self, index: int) -> bytes:
        """The picture's line in a list as im2rec.py 1.9.1 writes it, but ending in LF on every platform."""
        start = self._ends[index - 1] if index else 0
        return b"%d\t%f\t%b\n" % (index, self._labels[index], bytes(self._paths[start : self._ends[index]]))

    @property
    def left_out(self) -> dict[str, int]:
        """Files that `pack` reads and nobody asked for, by extension, the most frequent first."""
        return dict(sorted(self._left_out.items(), key=lambda item: (-item[1], item[0])))

    def class_lines(self) -> Iterator[bytes]:
        """What ``classes.txt`` holds."""
        return (f"{name}\n".encode("utf-8", "surrogateescape") for name in self.classes)

    def _append(self, path: str, label: int) -> None:
        try:
            encoded = path.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:  # Windows lets names hold one half of a surrogate pair
            encoded = b"\n"
        if any(separator in encoded for separator in (b"\t", b"\n", b"\r")):
            self.skipped.append(path)
            return
        self._paths += encoded
        self._ends.append(len(self._paths))
        self._labels.append(label)


def gather(root: str | os.PathLike[str], exts: Sequence[str], walk: Walk, *, recursive: bool) -> Listing:
    """The pictures that ``walk`` finds. Raises ListError if there is none, or if ``root`` cannot be read."""
    listing, deeper = Listing(), False
    for folder in walk(root, exts, recursive=recursive):
        listing.add(folder)
        deeper = bool(folder.subfolders) and not recursive
    if len(listing):
        return listing
    cause = f"{root}: no picture found; looked for files that end in {', '.join(exts)}"
    if listing.skipped:
        cause += f", and left {len(listing.skipped)} out whose names cannot stand in a list or that cannot be read"
    if listing.left_out:
        raise ListError(f"{cause}. There are others, {how_many(listing.left_out)}: name their endings with --exts")
    if deeper:
        raise ListError(f"{cause}. Add --recursive to look into its subfolders")
    raise ListError(f"{cause}. Check the folder, or name other endings with --exts")
