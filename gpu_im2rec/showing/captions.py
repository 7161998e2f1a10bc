"""What is written beside a record's picture."""

from __future__ import annotations

from collections import Counter

from gpu_im2rec.showing.class_names import ClassNames
from gpu_im2rec.showing.tile import Tile

_LABELS_SHOWN = 4


def of_labels(tile: Tile, names: ClassNames) -> str:
    """Class number and name; of several labels the first few; of boxes, how many of which class."""
    if found := tile.boxes:
        counts = Counter(box.class_id for box in found)
        return ", ".join(f"{names.told(each)} x{count}" for each, count in sorted(counts.items()))
    if len(tile.labels) == 1:
        return names.told(tile.labels[0])
    more = f" … {len(tile.labels)} labels" if len(tile.labels) > _LABELS_SHOWN else ""
    return " ".join(f"{label:.4g}" for label in tile.labels[:_LABELS_SHOWN]) + more


def of_record(tile: Tile) -> str:
    """Its id, and the size of its picture."""
    if tile.id is None:
        return f"record {tile.number}"
    return f"id {tile.id}" + (" · {}x{}".format(*tile.full_size) if tile.pixels is not None else "")
