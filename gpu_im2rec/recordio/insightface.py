"""insightface's layout of a record file: faces, then what says whose they are.

::

    key        header                                     content
    1 … n      flag 0, label                              a face; equal labels stand together
    n+1 … n+m  flag 2, labels (first key, last key + 1)   none; an identity: the keys of its faces
    0          flag 2, labels (n+1, n+m+1), id2 1         none; where the faces end and the identities do

Keys stand in float32 labels, which hold whole numbers up to 2^24 only: so many records a file may have.

Source: insightface, recognition/arcface_mxnet/common/rec_builder.py (RecBuilder). The older face2rec2.py puts the
record of key 0 before the identities, and labels each face (label, 1.0).
"""

from array import array
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from os import PathLike

from gpu_im2rec.errors import RecordError
from gpu_im2rec.recordio.framing import Buffer
from gpu_im2rec.recordio.header import pack_header
from gpu_im2rec.recordio.reader import Record, iter_records
from gpu_im2rec.recordio.writer import RecordAppender

MAX_RECORDS = 1 << 24

_IDENTITY_LABELS = 2


class FaceWriter:
    """Appends faces to ``writer`` in this layout; ``finish`` appends the rest."""

    def __init__(self, writer: RecordAppender) -> None:
        self._writer = writer
        self._label: float | None = None
        self._starts = array("Q")  # key of the first face of each identity

    @property
    def identities(self) -> int:
        """Runs of equal labels so far."""
        return len(self._starts)

    def append(self, label: float, content: Buffer) -> None:
        """A face. Where its label is not that of the face before, an identity starts."""
        key = self._writer.records + 1
        self.note(key, label)
        self._writer.append(key, pack_header(key, [label], packed=False), content)

    def note(self, key: int, label: float) -> None:
        """A face that is there, or about to be."""
        if label != self._label:
            self._label = label
            self._starts.append(key)

    def finish(self) -> None:
        """After the last face. Raises RecordError for more than MAX_RECORDS records."""
        end = self._writer.records + 1 + self.identities
        if end > MAX_RECORDS:
            raise RecordError(f"{end:,} records; insightface's layout, whose keys are float32, holds {MAX_RECORDS:,}")
        for key, header in behind_faces(self._starts, self._writer.records):
            self._writer.append(key, header, b"")


def behind_faces(starts: Sequence[int], faces: int) -> Iterator[tuple[int, bytes]]:
    """Key and header of each record behind so many ``faces``; those of an identity begin at each key in ``starts``."""
    first_identity = faces + 1
    stops = chain(islice(starts, 1, None), [first_identity])
    for key, faces_of_one in enumerate(zip(starts, stops, strict=True), first_identity):
        yield key, pack_header(key, faces_of_one, packed=True)
    yield 0, pack_header(0, (first_identity, first_identity + len(starts)), packed=True, id2=1)


def iter_faces(path: str | PathLike[str]) -> Iterator[Record]:
    """The faces of the file at ``path``, from first to last; no index is needed.

    Raises RecordError, naming the file: where the framing breaks, at the first record that is neither face nor
    identity, and at the end if the record of key 0 is missing or says another number of faces.
    """
    found, announced, place = 0, None, 0
    for record in iter_records(path):
        try:
            header = record.header
        except RecordError as error:
            raise RecordError(f"{path}: {error}") from None
        if len(record.content):
            found += 1
            yield record
        elif header.flag != _IDENTITY_LABELS:
            raise RecordError(f"{path}: offset {record.offset}: neither a picture nor an identity")
        elif header.index == 0 and float(header.labels[0]).is_integer():
            announced = int(header.labels[0]) - 1
            place = record.offset
    if announced is None:
        raise RecordError(f"{path}: no record says where the faces end: this is not insightface's layout")
    if announced != found and announced < MAX_RECORDS:
        raise RecordError(
            f"{path}: offset {place}: {found:,} faces, but this record of key 0 says {announced:,}: "
            "the file is not whole"
        )
