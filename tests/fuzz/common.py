"""What the targets share: a file to read from, and what a refusal must say."""

import atexit
import re
import shutil
import tempfile
from functools import cache
from pathlib import Path

_PLACE = re.compile(r"offset \d+|line \d+|:\d+: ")
_LONGEST_MESSAGE = 800  # characters, path included


def as_file(name: str, data: bytes) -> Path:
    """A file with ``data``, which the next call under the same ``name`` replaces."""
    path = _folder() / name
    path.write_bytes(data)
    return path


def check_refusal(error: Exception) -> None:
    """A message is short, fit for a terminal, and names the offset or the line."""
    message = str(error)
    assert _PLACE.search(message), f"no place: {message}"
    assert len(message) <= _LONGEST_MESSAGE
    assert message.isprintable(), f"not printable: {message!r}"


@cache
def _folder() -> Path:
    folder = tempfile.mkdtemp(prefix="fuzz-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
