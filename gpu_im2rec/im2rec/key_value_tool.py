"""MXNet's C++ tool: ``im2rec LIST ROOT OUT [key=value …]``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gpu_im2rec.cli.key_values import KEYS, applied, parse
from gpu_im2rec.cli.output import say
from gpu_im2rec.errors import UsageError
from gpu_im2rec.im2rec.packing import DEFAULTS, pack

_BASE = replace(DEFAULTS, dialect="c++", label_width=1)


def run(arguments: Sequence[str]) -> int:
    """Pack as the arguments ask → the exit code. Raises what `pack` raises, and UsageError."""
    list_path, root, out, *words = arguments
    _check_list(list_path)
    if out.partition("=")[0] in KEYS:
        raise UsageError(f"the output is missing before {out!r}; the order is LIST ROOT OUT key=value …")
    options = applied(parse(words), _BASE)
    if options.pack_label and options.label_width == 1:
        raise UsageError("pack_label=1 stores several labels: say with label_width how many columns the list has")
    if options.transcode.center_crop and not options.transcode.resize:
        say("center_crop=1 does nothing without resize, as in im2rec; `gpu-im2rec pack --center-crop` does")
        options = replace(options, transcode=replace(options.transcode, center_crop=False))
    return pack(list_path, root, out, options)


def _check_list(list_path: str) -> None:
    """Raises UsageError for what only im2rec's file library takes for a list."""
    if Path(list_path).is_dir():
        raise UsageError(f"{list_path} is a folder; the order is LIST ROOT OUT, and one list is packed at a time")
    if not Path(list_path).is_file() and (";" in list_path or list_path == "stdin"):
        raise UsageError(f"{list_path}: one list is packed at a time; join several into a file first")
