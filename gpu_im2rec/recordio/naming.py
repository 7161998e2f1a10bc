"""What the files beside a record file are called."""

import os
from pathlib import Path, PurePath
from typing import TypeVar

P = TypeVar("P", bound=PurePath)

MANIFEST = ".manifest.json"  # of a set of shards
DALI_INDEX = ".dali.idx"  # over all of them


def beside(path: P, suffix: str) -> P:
    """``train.idx`` for ``train.rec`` and ".idx"; behind any other name, such as ``out.rec.part003.idx``.

    Of a manifest ``train.manifest.json`` the same, as what is beside it is called ``train.report.json``.
    So files whose names differ in their ends alone, such as im2rec's parts, do not share an index. A name that ends in
    ``suffix`` already is left as it is, for others to refuse.
    """
    if is_manifest(path):
        return path.with_name(path.name.removesuffix(MANIFEST) + suffix)
    return path.with_suffix(suffix) if path.suffix in (".rec", suffix) else path.parent / f"{path.name}{suffix}"


def is_manifest(path: str | os.PathLike[str]) -> bool:
    """Whether ``path`` is called like the manifest of a set of shards."""
    return os.fspath(path).endswith(MANIFEST)


def index_of(path: Path) -> Path:
    """The index of the record file at ``path``: beside it or, if only that is there, where MXNet's Gluon looks.

    But not where it is that of a .rec of the same name.
    """
    index, other, rec = beside(path, ".idx"), path.parent / f"{path.stem}.idx", path.parent / f"{path.stem}.rec"
    return other if other.is_file() and not (index.is_file() or rec.is_file()) else index
