"""All that is known of one record, as plain values."""

from __future__ import annotations

from typing import Any, NamedTuple

from gpu_im2rec.errors import RecordError
from gpu_im2rec.lists.detection import boxes
from gpu_im2rec.recordio import unpack_header
from gpu_im2rec.showing.catalog import Catalog
from gpu_im2rec.showing.class_names import ClassNames, label_text
from gpu_im2rec.showing.view.pictures import facts

_MOST_LABELS = 1000  # that are shown


class Original(NamedTuple):
    """A file that the list names, or why it is not shown."""

    path: str  # as the list has it; empty where it is not known
    content: bytes
    problem: str  # empty where there is none


def detail(catalog: Catalog, names: ClassNames, number: int) -> dict[str, Any]:
    """Record ``number``: where it is, its header, its labels, its picture; "problem" says what is wrong with it."""
    path, offset = catalog.place(number)
    place = {"number": number, "file": str(path), "offset": offset, "bytes": int(catalog.sizes[number])}
    try:
        header, content = unpack_header(catalog.payload(number))
    except RecordError as error:
        return place | {"reason": "unreadable record", "problem": str(error)}
    labels = header.labels.tolist()
    picture = facts(bytes(content))
    return place | {
        "id": str(header.index),
        "id2": str(header.id2),
        "flag": header.flag,
        "label": label_text(header.label),
        "labels": [{"text": label_text(label), "name": names.of(label)} for label in labels[:_MOST_LABELS]],
        "label_count": len(labels),
        "boxes": [_box(names, *box) for box in boxes(labels)[:_MOST_LABELS]],
        "content": len(content),
        **picture._asdict(),
    }


def original_detail(original: Original) -> dict[str, Any]:
    """What is known of the file that a record was made from."""
    picture = facts(original.content)._asdict() if original.content else {"problem": original.problem}
    return {"path": original.path, "bytes": len(original.content), **picture}


def _box(names: ClassNames, class_id: int, *corners: float) -> dict[str, Any]:
    return {"name": names.told(class_id), "corners": corners}
