"""Where files are that are not on this machine."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")  # two letters or more: one is a disk of Windows


class Url(PurePosixPath):
    """A name such as ``s3://bucket/train.rec``, to be taken apart as a path is: ``name``, ``with_suffix``, ``parent``.

    It is for names of outputs: slashes in a row count as one.
    """

    def __str__(self) -> str:
        return re.sub(r"^([^/:]+):/", r"\1://", super().__str__(), count=1)


Place = Path | Url


def is_url(text: str | os.PathLike[str]) -> bool:
    """Whether ``text`` names something that fsspec reaches; ``file://`` and all other names are for this machine."""
    found = _SCHEME.match(os.fspath(text)) if isinstance(text, str) else None
    return isinstance(text, Url) or (found is not None and found[1].lower() != "file")


def place(text: str | os.PathLike[str]) -> Place:
    """A path on this machine, or a ``Url``."""
    if isinstance(text, Url):
        return text
    name = os.fspath(text)
    return Url(name) if is_url(name) else Path(name.removeprefix("file://"))
