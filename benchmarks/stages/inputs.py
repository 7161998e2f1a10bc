"""What the stages work on: a folder of JPEGs of one size, and as much of it again as is needed to look at the clock."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from gpu_im2rec import TranscodeSpec

SPEC = TranscodeSpec(resize=256)
_DISTINCT = 24  # pictures whose pixels or records are held at once
_MANY = 10  # for stages that are quick, so many times as many pictures
_LINES = 250  # of the list, for a picture


@dataclass(frozen=True, slots=True)
class Inputs:
    """``pictures`` in turn, from the files of ``folder``; what is written goes to ``scratch``."""

    folder: Path
    scratch: Path
    pictures: int

    def names(self) -> list[str]:
        """Of the files to read, one after the other."""
        names = sorted(path.name for path in self.folder.iterdir())
        return [*islice(cycle(names), _MANY * self.pictures)]

    def files(self) -> list[bytes]:
        """Of the pictures to decode, one after the other."""
        names = self.names()[: self.pictures]
        contents = {name: (self.folder / name).read_bytes() for name in set(names)}
        return [contents[name] for name in names]

    def distinct(self) -> list[bytes]:
        """Some of the pictures; what comes of them is used again and again."""
        names = [*dict.fromkeys(self.names())]
        return [(self.folder / name).read_bytes() for name in names[:_DISTINCT]]

    def turns(self, *, many: bool = False) -> list[int]:
        """The number of one of these for each picture."""
        pictures = _MANY * self.pictures if many else self.pictures
        return [*islice(cycle(range(len(self.distinct()))), pictures)]

    def list(self) -> Path:
        """A list to read."""
        path = self.scratch / "image.lst"
        with path.open("w") as file:
            lines = range(_LINES * self.pictures)
            file.writelines(f"{number}\t{number % 10}\tclass-{number % 10}/{number:07}.jpg\n" for number in lines)
        return path
