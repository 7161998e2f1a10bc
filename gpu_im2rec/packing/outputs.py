"""The files that a run will write, looked at before any work is done."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from gpu_im2rec.errors import OutputExistsError, UsageError
from gpu_im2rec.recordio.reader import begins_with_a_record


def check_replaced(rec: Path) -> None:
    """Raises UsageError where ``rec`` is there and no record file: a picture, say, or a list, by mistake."""
    if rec.is_file() and rec.stat().st_size and not begins_with_a_record(rec):
        raise UsageError(f"{rec} is there and no record file: give the output another name")


def check_outputs(outputs: Sequence[Path], inputs: Sequence[Path], *, overwrite: bool) -> None:
    """Raises UsageError where an output's folder is missing, or where it is an input, another output or no plain file.

    The same goes for what it is called while it is written. Raises OutputExistsError where an output is there already,
    unless ``overwrite``.
    """
    real = [Path(os.path.realpath(path)) for path in (*inputs, *outputs)]
    for path in outputs:
        target = Path(os.path.realpath(path))
        if not target.parent.is_dir():
            raise UsageError(f"{target.parent}: no such folder for the output; make it first")
        if real.count(target) > 1 or target.with_name(f"{target.name}.part") in real:
            raise UsageError(f"{path} would be overwritten by this very run; give the output another name")
        if path.exists() and not path.is_file():
            raise UsageError(f"{path} is there and no plain file; give the output another name")
        if path.exists() and not overwrite:
            raise OutputExistsError(f"{path} is already there; --overwrite replaces it")
