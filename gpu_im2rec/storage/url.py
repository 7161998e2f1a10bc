"""Where files are that are not on this machine."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath

from gpu_im2rec.errors import UsageError

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")  # two letters or more: one is a disk of Windows
_HERE = ("file", "local")
_PASSWORD = re.compile(r"(?<=://)([^/?#@:]*):[^/?#@]*@")
_USER_OF_THE_WEB = re.compile(r"(?<=://)[^/?#@]*@")  # who may be a token


class Url(PurePosixPath):
    """A name such as ``s3://bucket/train.rec``, to be taken apart as a path is: ``name``, ``with_suffix``, ``parent``.

    It is for names of outputs: slashes in a row count as one.
    """

    def __str__(self) -> str:
        return re.sub(r"^([^/:]+):/", r"\1://", super().__str__(), count=1)


Place = Path | Url


def is_url(text: str | os.PathLike[str]) -> bool:
    """Whether ``text`` names something that fsspec reaches; ``file://`` and all other names are for this machine."""
    found = _SCHEME.match(os.fspath(text))
    return found is not None and found[1].lower() not in _HERE


def name_of(text: str | os.PathLike[str]) -> str:
    """A path of this machine without ``file://``, or a URL with its scheme in small letters, as fsspec knows it."""
    name = os.fspath(text)
    found = _SCHEME.match(name)
    if not found:
        return name
    scheme, rest = found[1].lower(), name[found.end() :]
    if scheme in _HERE:
        return rest
    if scheme == "hdfs" and rest.startswith("/"):
        rest = f"default{rest}"  # the namenode of Hadoop's own configuration
    return f"{scheme}://{rest}"


def place(text: str | os.PathLike[str]) -> Place:
    """A file's path on this machine, or its ``Url``. Raises UsageError for a URL that ends in a slash."""
    name = name_of(text)
    if not is_url(name):
        return Path(name)
    if name.endswith("/"):
        raise UsageError(f"{shown(name)} is a folder, as it ends in a slash; name a file in it")
    return Url(name)


def shown(url: str) -> str:
    """``url`` as people may read it: without a password and, of the web, what may be one: user and query."""
    if not url.lower().startswith(("http://", "https://")):
        return _PASSWORD.sub(r"\1:…@", url, count=1)
    url, question, _ = _USER_OF_THE_WEB.sub("…@", url, count=1).partition("?")
    return f"{url}?…" if question else url
