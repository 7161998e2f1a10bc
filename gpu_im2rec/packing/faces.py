"""Packing in insightface's layout: what its list must be, and the ``property`` file beside the records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Self, TypeVar

from gpu_im2rec.errors import ListError
from gpu_im2rec.lists import Entry
from gpu_im2rec.packing.lines import PathLike
from gpu_im2rec.recordio import FaceWriter, Record
from gpu_im2rec.recordio.insightface import MAX_RECORDS
from gpu_im2rec.recordio.output import Output
from gpu_im2rec.recordio.writer import RecordAppender
from gpu_im2rec.storage import place
from gpu_im2rec.transcode.formats import size_of
from gpu_im2rec.transcode.geometry import Size

P = TypeVar("P", bound=PurePath)

_MAX_CLASSES = 1 << 24  # float32 holds whole numbers up to here


@dataclass(frozen=True, slots=True)
class FaceReport:
    """What a file in insightface's layout holds besides its faces."""

    identities: int
    classes: int  # the largest label, plus 1
    size: Size | None  # width and height of most faces, in pixels; None where no size is known
    other_sizes: int  # faces of another size, or of an unknown one
    property: PurePath  # "classes,height,width", as insightface's trainers read it

    def to_dict(self) -> dict[str, object]:
        """Plain values, ready for JSON."""
        return {name: getattr(self, name) for name in self.__slots__} | {"property": str(self.property)}

    @classmethod
    def from_dict(cls, said: dict[str, Any]) -> Self:
        """From what ``to_dict`` gave. Raises LookupError or TypeError for anything else."""
        return cls(**(said | {"size": said["size"] and tuple(said["size"]), "property": place(said["property"])}))


class Faces:
    """Appends faces to ``writer``."""

    def __init__(self, writer: RecordAppender) -> None:
        self._faces = FaceWriter(writer)
        self._largest_label = -1
        self._sizes: Counter[Size | None] = Counter()

    def append(self, label: float, content: bytes | memoryview) -> None:
        """One face with a checked label."""
        self._faces.append(label, content)
        self._count(label, content)

    def restore(self, faces: Iterable[Record]) -> None:
        """Know the faces that ``writer`` has already."""
        for key, face in enumerate(faces, 1):
            label = float(face.labels[0])
            self._faces.note(key, label)
            self._count(label, face.content)

    def finish(self, property_file: Output) -> FaceReport:
        """After the last face. Raises RecordError like ``FaceWriter``, and OSError."""
        self._faces.finish()
        known = Counter({size: count for size, count in self._sizes.items() if size})
        size, count = known.most_common(1)[0] if known else (None, 0)
        classes = self._largest_label + 1
        width, height = size or (0, 0)
        property_file.write([b"%d,%d,%d\n" % (classes, height, width)])
        return FaceReport(self._faces.identities, classes, size, self._sizes.total() - count, property_file.path)

    def _count(self, label: float, content: bytes | memoryview) -> None:
        self._largest_label = max(self._largest_label, int(label))
        self._sizes[size_of(bytes(content))] += 1


def property_of(rec: P) -> P:
    """Where insightface looks for the ``property`` of ``rec``."""
    return rec.with_name("property")


def check_label(label: float) -> str:
    """What is wrong with a class of this number; empty where nothing is."""
    if 0 <= label < _MAX_CLASSES and label.is_integer():
        return ""
    return f"label {label:g} is no class; insightface counts them from 0, as float32 can"


def check_list(list_path: PathLike, entries: Iterable[Entry]) -> None:
    """Raises ListError unless all labels are classes, equal ones are neighbours, and the records fit the layout."""
    seen: set[float] = set()
    label, count = None, 0
    for entry in entries:
        count += 1
        if entry.labels[0] == label:
            continue
        label = entry.labels[0]
        problem = check_label(label)
        if label in seen:
            problem = f"label {label:g} was there before; the faces of an identity must be neighbours"
        if problem:
            raise ListError(
                f"{list_path}:{entry.line}: {problem}. Sort the list by its second column, "
                "or make it with `gpu-im2rec list --recursive --no-shuffle`"
            )
        seen.add(label)
    if count + len(seen) >= MAX_RECORDS:
        raise ListError(
            f"{list_path}: {count:,} faces of {len(seen):,} identities; insightface's layout, whose keys are float32, "
            f"holds {MAX_RECORDS:,} records. Use the plain one"
        )
