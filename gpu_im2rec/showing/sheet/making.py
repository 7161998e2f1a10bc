"""A contact sheet of a record file."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from PIL import Image

from gpu_im2rec.errors import RecordError, UsageError
from gpu_im2rec.inspection import Step
from gpu_im2rec.showing.apart import publishing_apart
from gpu_im2rec.showing.catalog import Catalog
from gpu_im2rec.showing.class_names import ClassNames, read_class_names
from gpu_im2rec.showing.sheet import words
from gpu_im2rec.showing.sheet.choosing import Choice
from gpu_im2rec.showing.sheet.drawing import Block, Drawn, Page, draw
from gpu_im2rec.showing.sheet.lettering import cut
from gpu_im2rec.showing.sheet.selecting import Selection, select
from gpu_im2rec.showing.tile import Tile, tiles_of

T = TypeVar("T")

_NAMED = 60  # characters of what a font lacks some of, in a note
_JPEG = {"format": "jpeg", "quality": 90, "subsampling": "4:4:4"}  # coloured letters stay sharp
_FORMATS: dict[str, dict[str, Any]] = {  # of a sheet, by the end of its name, and how Pillow writes them
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".png": {"format": "png"},
    ".webp": {"format": "webp", "quality": 90},
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is shown of a file, and where."""

    rec: Path
    out: Path | None
    names: ClassNames
    records: int
    selection: Selection
    groups: list[list[Tile]]  # one for each of the selection's
    notes: list[str] = field(default_factory=list)

    @property
    def tiles(self) -> list[Tile]:
        """All that is shown, in its order."""
        return [tile for group in self.groups for tile in group]

    @property
    def subtitle(self) -> str:
        """How many records there are, which are shown, and how many of them are bad."""
        which = "of all" if self.selection.worst else "of these"
        bad = f" · {self.undecodable:,} {which} cannot be decoded" if self.undecodable else ""
        return f"{words.of_count(self.records)} · {self.selection.how}{bad}"

    @property
    def undecodable(self) -> int:
        """Records without a picture: in the whole file where all were decoded, else of those shown."""
        counted = self.selection.undecodable
        return sum(tile.pixels is None for tile in self.tiles) if counted is None else counted

    def sample(self, most: int) -> list[Tile]:
        """``most`` of what is shown, of as many classes as can be; the worst where those were chosen."""
        if self.selection.by_class:
            groups = _evenly(self.groups, most)
            places = sorted((place, at) for at, group in enumerate(groups) for place in range(len(group)))[:most]
            return [groups[at][place] for at, place in sorted((at, place) for place, at in places)]
        return self.tiles[:most] if self.selection.worst else _evenly(self.tiles, most)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; see ``words.plain`` for a record's."""
        return {
            "rec": str(self.rec),
            "sheet": str(self.out) if self.out else None,
            "records": self.records,
            "classes": self.selection.classes,
            "how": self.selection.how,
            "chosen": [words.plain(tile) for tile in self.tiles],
            "undecodable": self.undecodable,
        }


def make_sheet(
    rec: Path,
    out: Path | None,
    choice: Choice | None = None,
    *,
    classes: Path | None = None,
    seed: int = 0,
    overwrite: bool = False,
    progress: Callable[[Step], None] = lambda _: None,
) -> Sheet:
    """Choose records of ``rec`` as ``select`` does, look at them, and draw them to ``out`` where one is given.

    ``classes``: a file with the names of classes, instead of ``classes.txt`` beside ``rec``. Raises UsageError,
    RecordError, ListError, OutputExistsError, OSError.
    """
    format_ = _format_of(out) if out else {}
    with closing(Catalog(rec)) as catalog, publishing_apart(out, catalog, overwrite=overwrite) as file:
        if not len(catalog):
            raise RecordError(f"{rec}: no records")
        names = read_class_names(rec, classes)
        selection = select(catalog, choice, seed, progress)
        groups = [tiles_of(catalog, group.numbers.tolist(), selection.reasons) for group in selection.groups]
        sheet = Sheet(rec, out, names, len(catalog), selection, groups)
        if file:
            page = _drawn(sheet)
            file.write([_encoded(page.image, format_)])
            sheet.notes.extend(_notes(page))
    return sheet


def _evenly(items: list[T], most: int) -> list[T]:
    return [items[at * len(items) // most] for at in range(most)] if len(items) > most else items


def _format_of(out: Path) -> dict[str, Any]:
    try:
        return _FORMATS[out.suffix.lower()]
    except KeyError:
        raise UsageError(f"{out}: a sheet is a picture; its name must end in {', '.join(_FORMATS)}") from None


def _drawn(sheet: Sheet) -> Page:
    selection = sheet.selection
    largest = max((group.records for group in selection.groups), default=1)
    blocks = [
        Block(
            words.of_class(group, sheet.names) if selection.by_class else "",
            words.of_count(group.records),
            group.records / largest,
            [Drawn(tile, words.captions(tile, sheet.names, selection.by_class)) for tile in tiles],
        )
        for group, tiles in zip(selection.groups, sheet.groups, strict=True)
    ]
    return draw(sheet.rec.name, sheet.subtitle, blocks)


def _encoded(image: Image.Image, options: dict[str, Any]) -> bytes:
    encoded = io.BytesIO()
    image.save(encoded, **options)
    return encoded.getvalue()


def _notes(page: Page) -> list[str]:
    if not page.lacking:
        return []
    return [
        f"no font here has all the letters of {cut(page.lacking[0], _NAMED)!r}"
        f"{' and others' if len(page.lacking) > 1 else ''}; "
        "they stand as escapes. Noto Sans CJK is used where it is installed, and DejaVu Sans"
    ]
