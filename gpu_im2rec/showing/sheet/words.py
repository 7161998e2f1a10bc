"""What is written on a sheet."""

from __future__ import annotations

import math
from typing import Any

from gpu_im2rec.showing.captions import of_labels, of_record
from gpu_im2rec.showing.class_names import ClassNames
from gpu_im2rec.showing.sheet.choosing import Class
from gpu_im2rec.showing.tile import Tile
from gpu_im2rec.units import counted


def of_class(group: Class, names: ClassNames) -> str:
    """Its number and name."""
    return "no label to read" if group.label is None else names.told(group.label)


def of_count(records: int) -> str:
    """How many records there are."""
    return counted(records, "record")


def captions(tile: Tile, names: ClassNames, under_heading: bool) -> list[str]:
    """The lines below a picture."""
    lines = [of_record(tile)] if under_heading else [of_labels(tile, names), of_record(tile)]
    return [*lines, tile.reason] if tile.reason else lines


def plain(tile: Tile) -> dict[str, Any]:
    """A record for JSON: one label or a list of them; null for an id that cannot be read, a label nan or infinite."""
    labels = [label if math.isfinite(label) else None for label in tile.labels]
    reason = tile.failure or tile.reason
    return {
        "number": tile.number,
        "id": tile.id,
        "label": labels[0] if len(labels) == 1 else labels,
        "offset": tile.offset,
    } | ({"reason": reason} if reason else {})
