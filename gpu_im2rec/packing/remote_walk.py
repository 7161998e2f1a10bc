"""The pictures under a folder of a storage, in the order in which ``lists`` finds those of a disk."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator

from gpu_im2rec.errors import ListError
from gpu_im2rec.lists.extensions import PACKABLE, extension_of, extensions_in
from gpu_im2rec.lists.walking import Folder
from gpu_im2rec.storage import is_url, name_of, names_below, shown

_END = b"\0"  # of a name


def walk_remote(root: str | os.PathLike[str], exts: Iterable[str], *, recursive: bool) -> Iterator[Folder]:
    """As ``lists.walking.walk``, for ``make_list``.

    All names are in memory before the first folder comes, and each goes from there with its folder; what was left out
    is counted with the first, for all.

    Objects under names that are no paths below the root, such as ``a/../b``, count as unreadable. Raises ListError if
    the root cannot be read, UsageError if it cannot be listed, StorageError.
    """
    extensions, url = extensions_in(exts), name_of(root)
    pictures: dict[str, bytearray] = {"": bytearray()}
    subfolders, odd = [], []
    left_out: Counter[str] = Counter()
    try:
        for page in names_below(url, recursive=recursive):
            for path in page:
                folder, _, name = path.rpartition("/")
                if not name:
                    subfolders.append(folder)
                elif (extension := extension_of(name)) not in extensions:
                    if extension in PACKABLE:
                        left_out[f".{extension}"] += 1
                elif _is_odd(path):
                    odd.append(path)
                else:
                    pictures.setdefault(folder, bytearray()).extend(name.encode("utf-8", "surrogatepass") + _END)
    except OSError as error:
        raise ListError(
            f"{shown(url)}: the folder cannot be read: {error.strerror}. Check its name and permissions; "
            "the order is PREFIX ROOT"
        ) from error
    yield Folder("", _sorted(pictures.pop("")), sorted(subfolders), sorted(odd), left_out)
    for folder in sorted(pictures, key=lambda path: path.split("/")):
        yield Folder(folder, _sorted(pictures.pop(folder)), [], [])


def _is_odd(path: str) -> bool:
    return path.startswith("/") or is_url(path) or not {".", ".."}.isdisjoint(path.split("/"))


def _sorted(names: bytearray) -> list[str]:
    return sorted(name.decode("utf-8", "surrogatepass") for name in bytes(names).split(_END)[:-1])
