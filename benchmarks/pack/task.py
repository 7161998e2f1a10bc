"""What every packer is asked for. For any Python; the standard library alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

EDGE = 256  # pixels of the shorter edge of what comes out
QUALITY = 95  # of its JPEGs


@dataclass(frozen=True, slots=True)
class Task:
    """A list of pictures, and an empty folder for what becomes of them."""

    list: Path
    root: Path
    out: Path
    workers: int  # processes or threads

    def entries(self) -> Iterator[tuple[int, float, Path]]:
        """Index, label and file of each picture."""
        with self.list.open() as lines:
            for line in lines:
                index, label, name = line.rstrip("\n").split("\t")
                yield int(index), float(label), self.root / name

    def files(self) -> list[Path]:
        """Each picture's file."""
        return [file for _, _, file in self.entries()]


def target(width: int, height: int) -> tuple[int, int]:
    """What a picture's size becomes, as im2rec.py reckons it."""
    return (EDGE, height * EDGE // width) if height > width else (width * EDGE // height, EDGE)
