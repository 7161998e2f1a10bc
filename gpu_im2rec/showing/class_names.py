"""What labels are called, by the file ``classes.txt`` that `list --recursive` writes: name n, from 0, is label n's."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gpu_im2rec.errors import ListError
from gpu_im2rec.showing.packed_from import list_named_by

_LARGEST = 64 << 20  # bytes; such a file is read at once


class ClassNames:
    """Names of whole-number labels; ``ClassNames(())`` knows none."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names

    def of(self, label: float) -> str:
        """The name of ``label``; empty where it has none."""
        return self.names[int(label)] if 0 <= label < len(self.names) and label == int(label) else ""

    def told(self, label: float) -> str:
        """Number and name, or the number alone: "3 tabby cat", "0.5", "nan"."""
        return f"{label_text(label)} {self.of(label)}".strip()


def label_text(label: float) -> str:
    """The shortest decimal that is ``label`` in float32: "3", "0.1", "nan"."""
    return next(text for digits in (7, 8, 9) if np.float32(text := f"{label:.{digits}g}") == label or digits == 9)


def read_class_names(rec: Path, given: Path | None = None) -> ClassNames:
    """The names in the file ``given``, or else in ``classes.txt`` beside ``rec`` or the list that it was packed from.

    Bytes that are no UTF-8 become replacement characters. Raises ListError where the file cannot be read.
    """
    path = given or _beside(rec)
    if path is None:
        return ClassNames(())
    try:
        if path.stat().st_size > _LARGEST:
            raise ListError(f"{path}: too large for names of classes, one a line")
        text = path.read_text("utf-8", "replace")
    except OSError as error:
        raise ListError(f"{path}: the names of the classes cannot be read: {error.strerror}") from error
    return ClassNames(tuple(line.strip() for line in text.removesuffix("\n").split("\n")) if text else ())


def _beside(rec: Path) -> Path | None:
    neighbours = (path.parent / "classes.txt" for path in (rec, list_named_by(rec)) if path)
    return next((path for path in neighbours if path.is_file()), None)
