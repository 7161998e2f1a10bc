"""Doing what a report says packs the pictures again."""

import shlex
from pathlib import Path

from gpu_im2rec.cli.app import app
from gpu_im2rec.errors import NothingPackedError
from gpu_im2rec.im2rec.tool import run as im2rec


def packed_again(report) -> Path:
    """Run the command in this process → the .rec file; an error where it packed none."""
    words = shlex.split(report.pack_again)
    if words[0] == "mkdir":
        Path(words[1]).mkdir()
        assert words[2] == "&&"
        words = words[3:]
    program, *words = words
    if program == "im2rec":
        im2rec(words)
        return Path(words[2]).resolve(strict=True)
    assert (program, words[0]) == ("gpu-im2rec", "pack")
    app(words, standalone_mode=False)
    return Path(words[3]).resolve(strict=True)


def is_the_same(report) -> bool:
    """Whether that gives the same records and, where there was one, the same index."""
    try:
        again = packed_again(report)
    except (FileNotFoundError, NothingPackedError):
        return False
    old, new = report.rec.with_suffix(".idx"), again.with_suffix(".idx")
    same_index = not old.exists() or old.read_bytes() == new.read_bytes()
    return again.read_bytes() == report.rec.read_bytes() and same_index
