"""URLs, where a path of this machine is meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from gpu_im2rec.errors import UsageError

_URL_OF_ONE_SLASH = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/[^/]")  # what a Path makes of s3://bucket


def refuse_urls(arguments: Iterable[object]) -> None:
    """Raises UsageError where a path among ``arguments``, or among lists of them, is a URL."""
    for one in arguments:
        if isinstance(one, list):
            refuse_urls(one)
        elif isinstance(one, Path) and _URL_OF_ONE_SLASH.match(str(one)) and not one.exists():
            from gpu_im2rec.storage import shown  # noqa: PLC0415 (no other command needs it)

            url = shown(str(one).replace(":/", "://", 1))
            raise UsageError(f"{url}: this has to be a path of this machine; copy what is to be read here first")
