"""From insightface's layout to plain records, which DALI reads, and back. No picture is touched."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.errors import RecordError
from gpu_im2rec.packing.faces import FaceReport, Faces, check_label, property_of
from gpu_im2rec.packing.outputs import check_outputs
from gpu_im2rec.recordio import RecordWriter, beside, iter_faces, iter_records, pack_header, unframe, unpack_header
from gpu_im2rec.recordio.scan import FileBytes

PathLike = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class ConvertReport:
    """What was converted."""

    rec: Path
    idx: Path
    pictures: int
    labels_dropped: int  # pictures of whose labels only the first was kept
    faces: FaceReport | None  # where the result is in insightface's layout

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "rec": str(self.rec),
            "idx": str(self.idx),
            "pictures": self.pictures,
            "labels_dropped": self.labels_dropped,
            "faces": self.faces and self.faces.to_dict(),
        }


def convert(
    source: PathLike, target: PathLike, *, to: Literal["plain", "insightface"], overwrite: bool = False
) -> ConvertReport:
    """Write the pictures of ``source`` with their first labels to ``target``, in the other layout.

    Plain records get the keys 0, 1, … in the order of the file. In insightface's layout pictures are sorted by label,
    otherwise in the order of the file, and get the keys 1, 2, …. The index of ``source`` is not needed. 32 bytes of
    memory a record.

    Raises RecordError for a file that breaks the format or is not in the layout to convert from, UsageError,
    OutputExistsError and OSError; then ``target`` is what it was.
    """
    source, target = Path(source), Path(target)
    return _to_plain(source, target, overwrite) if to == "plain" else _to_faces(source, target, overwrite)


def _to_plain(source: Path, target: Path, overwrite: bool) -> ConvertReport:
    _check(source, [target, beside(target, ".idx")], overwrite)
    dropped = 0
    with RecordWriter(target, overwrite=overwrite) as writer:
        for number, face in enumerate(iter_faces(source)):
            labels = face.labels
            dropped += len(labels) > 1
            writer.append(number, pack_header(number, labels, packed=False), face.content)
    return ConvertReport(target, writer.index_path, writer.records, dropped, None)


def _to_faces(source: Path, target: Path, overwrite: bool) -> ConvertReport:
    property_path = property_of(target)
    _check(source, [target, beside(target, ".idx"), property_path], overwrite)
    offsets, labels, dropped = _pictures(source)
    order = np.argsort(labels, kind="stable")
    with RecordWriter(target, overwrite=overwrite) as writer:
        faces = Faces(writer)
        for label, content in _in_order(source, offsets, order):
            faces.append(label, content)
        report = faces.finish(writer.also(property_path))
    return ConvertReport(target, writer.index_path, len(order), dropped, report)


def _check(source: Path, outputs: list[Path], overwrite: bool) -> None:
    """The target may be the source itself, which is read to its end before it is replaced."""
    in_place = os.path.realpath(source) == os.path.realpath(outputs[0])
    check_outputs(outputs, [] if in_place else [source], overwrite=overwrite)


def _pictures(source: Path) -> tuple[array[int], array[float], int]:
    """Offset and first label of every record, and how many have more labels."""
    offsets, labels, dropped = array("Q"), array("f"), 0
    for record in iter_records(source):
        label = float(record.labels[0])
        if not len(record.content):
            raise RecordError(
                f"{source}: offset {record.offset}: no picture; is the file in insightface's layout already?"
            )
        if problem := check_label(label):
            raise RecordError(f"{source}: offset {record.offset}: {problem}")
        dropped += len(record.labels) > 1
        offsets.append(record.offset)
        labels.append(label)
    if not offsets:
        raise RecordError(f"{source}: no records")
    return offsets, labels, dropped


def _in_order(source: Path, offsets: array[int], order: NDArray[np.intp]) -> Iterator[tuple[float, memoryview]]:
    with source.open("rb") as file:
        records = FileBytes(file)
        for position in order:
            header, content = unpack_header(unframe(records, offsets[int(position)])[0])
            yield float(header.labels[0]), content
