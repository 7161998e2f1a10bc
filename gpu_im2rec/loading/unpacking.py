"""Writing the pictures of a record file, whoever made it, and the list that packs them again."""

from __future__ import annotations

import hashlib
import os
import shlex
import time
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from gpu_im2rec.errors import OutputExistsError, RecordError, UsageError
from gpu_im2rec.lists import DuplicateIndices, list_line, read_list
from gpu_im2rec.loading.names import folder_of, is_class, name_of, numbered
from gpu_im2rec.recordio import ImageHeader, Record, iter_records, unpack_header
from gpu_im2rec.recordio.index_lines import IndexLines
from gpu_im2rec.recordio.insightface import MAX_RECORDS, behind_faces
from gpu_im2rec.recordio.part_file import PartFile
from gpu_im2rec.recordio.part_folder import PartFolder
from gpu_im2rec.recordio.publishing import publish_all
from gpu_im2rec.transcode import Reason
from gpu_im2rec.transcode.formats import check_whole, format_of, shows_something

PathLike = str | os.PathLike[str]

_MOST_LABELS = 1 << 18  # a line of a list has room for so many, and no image record has more
_IDENTITY_LABELS = 2
_RECORDS_A_STEP = 64  # between two words of progress
_NAN = 0x7FC00000  # as float32 what a NaN of a list becomes, but for its sign


class Note(NamedTuple):
    """What packing again would not give back."""

    records: int
    message: str  # what they are or have, as in "3 records have …"


@dataclass(frozen=True, slots=True)
class UnpackReport:
    """What was written, and how it is packed again."""

    rec: Path
    folder: Path
    list: Path
    pictures: int  # files, and lines of the list
    bytes: int  # of the files
    formats: dict[str, int]  # by first bytes; "unknown" besides
    repeated_ids: int  # files that have the record's number in their names, as another has the id
    identities: int  # records of insightface's layout without a picture, which are left out
    pack_again: str  # the command, for a POSIX shell
    notes: tuple[Note, ...]  # empty where it gives the same bytes, of a file that `verify` finds good
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        values = {name: getattr(self, name) for name in self.__slots__}
        values |= {name: str(value) for name, value in values.items() if isinstance(value, Path)}
        return values | {"notes": [note._asdict() for note in self.notes]}


def unpack(
    rec: PathLike, folder: PathLike, *, progress: Callable[[int, int], None] = lambda done, total: None
) -> UnpackReport:
    """Write the content of each record of ``rec`` to a file below ``folder``, and ``folder.lst`` beside it.

    A record whose only label is a whole number, 0 … 2^24-1, goes to ``folder/LABEL/ID.jpg``, any other by its number
    to ``folder/records-0-999/ID.jpg``; the suffix is that of its format, or ``.bin``. The list has the records' order.
    No index is needed. Memory: one record; and of insightface's layout 8 bytes an identity. ``progress`` is told the
    bytes of ``rec`` that are done, and all.

    Folder and list bear their names once both are whole; until then they are called ``.part``. Raises RecordError,
    naming file and offset, where the framing breaks, and where no record holds a picture; UsageError for a folder that
    cannot be; OutputExistsError where the list, the folder, unless it is empty, or a part of them is there; OSError.
    Then nothing is left behind.
    """
    started = time.perf_counter()
    rec, folder = Path(rec), Path(folder)
    list_path = _list_of(folder)
    size = rec.stat().st_size
    pictures = PartFolder(folder)
    try:
        lines = PartFile(list_path, overwrite=False)
        try:
            with IndexLines(rec) as index:
                work = _Unpacking(pictures, lines, index, _Again())
                for record in _records(rec):
                    if record.key % _RECORDS_A_STEP == 0:
                        progress(record.offset, size)
                    work.see(record)
                report = work.finish(rec, started)
            progress(size, size)
            publish_all([pictures, lines])
        finally:
            # Where the folder has got its name and the list has not, both are whole, and _list_of says what to do.
            lines.keep() if pictures.is_published() else lines.discard()
    finally:
        pictures.discard()
    return report


def _list_of(folder: Path) -> Path:
    """Where the list for ``folder`` goes. Raises UsageError, and OutputExistsError where a list is there."""
    if folder.name in ("", ".."):
        raise UsageError(f"{folder}: the pictures need a folder of their own, such as {folder / 'pictures'}")
    if not folder.parent.is_dir():
        raise UsageError(f"{folder.parent}: no such folder for the pictures; make it first")
    path = folder.with_name(f"{folder.name}.lst")
    part = path.with_name(f"{path.name}.part")
    if os.path.lexists(path):
        raise OutputExistsError(f"{path} is there already; choose another name for the folder, or move that list")
    if part.exists() and folder.exists() and not folder.with_name(f"{folder.name}.part").exists():
        raise OutputExistsError(
            f"{folder} is there already, and whole: a run was cut short before its list had its name; rename {part} to "
            f"{path}"
        )
    return path


def _records(rec: Path) -> Iterator[Record]:
    try:
        yield from iter_records(rec)
    except RecordError as error:
        advice = f"`gpu-im2rec repair {shlex.quote(str(rec))} FIXED.rec` saves what is whole"
        raise RecordError(f"{error}; {advice}") from None


@dataclass(slots=True)
class _Unpacking:
    """Everything between opening the files and publishing them."""

    folder: PartFolder
    lines: PartFile
    index: IndexLines
    again: _Again
    formats: Counter[str] = field(default_factory=Counter)
    size: int = 0  # of all files, in bytes
    repeated: int = 0

    def see(self, record: Record) -> None:
        """The next record."""
        try:
            header, content = unpack_header(record.payload)
        except RecordError:
            header = None
        if header is None or header.flag > _MOST_LABELS:
            self.index.pass_over()
            self.again.headerless += 1
            return
        self.index.expect(header.index, record.offset)
        if not len(content) and header.flag == _IDENTITY_LABELS:
            self.again.see_identity(header, record.payload)
            return
        picture = bytes(content)
        self._write(record.key, header, picture)
        self.again.see_picture(header, record.payload, picture)

    def _write(self, number: int, header: ImageHeader, picture: bytes) -> None:
        folder, name = folder_of(header.labels, number), name_of(header.index, picture)
        try:
            self.folder.write(folder, name, picture)
        except FileExistsError:
            self.repeated += 1
            name = numbered(name, number)
            self.folder.write(folder, name, picture)
        self.lines.write([list_line(header.index, header.labels, f"{folder}/{name}")])
        self.formats[format_of(picture) or "unknown"] += 1
        self.size += len(picture)

    def finish(self, rec: Path, started: float) -> UnpackReport:
        """After the last record. Raises RecordError where there was no picture."""
        if not self.again.pictures:
            raise RecordError(f"{rec}: no record holds a picture; nothing is written")
        self.lines.finish()
        self.index.expect_end()
        self.again.finish(self.lines.part, self.index.others)
        return UnpackReport(
            rec=rec,
            folder=self.folder.path,
            list=self.lines.path,
            pictures=self.again.pictures,
            bytes=self.size,
            formats=dict(self.formats.most_common()),
            repeated_ids=self.repeated,
            identities=self.again.identities,
            pack_again=self.again.command(self.folder.path, self.lines.path),
            notes=self.again.notes(),
            seconds=time.perf_counter() - started,
        )


@dataclass(slots=True)
class _Again:
    """What packing would make of the pictures, counted as the records go by."""

    pictures: int = 0
    identities: int = 0
    headerless: int = 0
    _flags: set[int] = field(default_factory=set)  # of the pictures; no more than two of them
    _several: int = 0  # pictures with packed labels, two or more
    _own_not_0: int = 0  # of these: where the header's own label is not as im2rec.py writes it
    _own_not_first: int = 0  # nor as the C++ im2rec does
    _one_packed: int = 0
    _id2: int = 0
    _nans: int = 0
    _truncated: int = 0
    _refused: Counter[Reason] = field(default_factory=Counter)
    _misnumbered: int = 0  # pictures whose id is not their place, from 1
    _key_0: bool = False  # insightface's header record was there
    _behind: Any = field(default_factory=hashlib.sha256)  # of all payloads from the first identity on
    _layout: Literal["plain", "c++", "insightface"] = "plain"
    _other_identities: int = 0
    _other_lines: int = 0

    def see_picture(self, header: ImageHeader, payload: memoryview, picture: bytes) -> None:
        """A record that is written."""
        self.pictures += 1
        if len(self._flags) < 2:
            self._flags.add(header.flag)
        if header.flag > 1:
            self._several += 1
            self._own_not_0 += payload[4:8] != bytes(4)
            self._own_not_first += payload[4:8] != header.labels[:1].tobytes()
        self._one_packed += header.flag == 1
        self._id2 += header.id2 != 0
        nans = header.labels[np.isnan(header.labels)].view("<u4")
        self._nans += bool((nans & 0x7FFFFFFF != _NAN).any())
        failure = check_whole(picture)
        if failure and failure.reason is Reason.TRUNCATED and shows_something(picture):
            self._truncated += 1
        elif failure:
            self._refused[failure.reason] += 1
        self._misnumbered += header.index != self.pictures
        if self.identities:
            self._behind.update(payload)

    def see_identity(self, header: ImageHeader, payload: memoryview) -> None:
        """A record of insightface's layout that holds no picture."""
        self.identities += 1
        self._key_0 |= header.index == 0
        self._behind.update(payload)

    def finish(self, list_path: Path, other_lines: int) -> None:
        """After the last record, with the finished list, and how many lines of the index packing would not write."""
        self._other_lines = other_lines
        starts = _starts_of_identities(list_path) if self._key_0 else None
        if starts:
            self._layout = "insightface"
            expected = hashlib.sha256()
            for _, header in behind_faces(starts, self.pictures):
                expected.update(header)
            if self._behind.digest() != expected.digest():
                self._other_identities = self.identities
        elif self._own_not_0 and not self._own_not_first and len(self._flags) == 1:
            self._layout = "c++"

    def command(self, folder: Path, list_path: Path) -> str:
        """What packs the list again, for a POSIX shell."""
        image_list, root = (f"./{path}" if str(path).startswith("-") else str(path) for path in (list_path, folder))
        out = f"{root}-again.rec"
        if self._layout == "c++":
            keys = ["pack_label=1", f"label_width={max(self._flags)}", "unchanged=1"]
            keys += ["accept_truncated=1"] if self._truncated else []
            return shlex.join(["im2rec", image_list, f"{root}/", out, *keys])  # the tool puts nothing between
        options = ["--accept-truncated"] if self._truncated else []
        if self._layout == "plain":
            options += ["--pack-label"] if self._several else []
            return shlex.join(["gpu-im2rec", "pack", image_list, root, out, "--pass-through", *options])
        place = f"{root}-again"  # beside the records goes a file called property, as there is beside the old ones
        words = ["gpu-im2rec", "pack", image_list, root, f"{place}/{folder.name}.rec", "--pass-through", *options]
        return f"{shlex.join(['mkdir', place])} && {shlex.join([*words, '--layout', 'insightface'])}"

    def notes(self) -> tuple[Note, ...]:
        """What that command would not give back."""
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in self._refused.items())
        found = {
            "have no image header, or labels without end, and were left out": self.headerless,
            f"hold no picture that packing takes: {reasons}": self._refused.total(),
            "have an id2 that is not 0": self._id2,
            "have a single label packed behind the header (flag 1), which goes into the header": self._one_packed,
            "have a NaN among their labels that a list cannot tell from others": self._nans,
            "have another line in the index than packing writes, which takes ids as keys": self._other_lines,
        }
        if self._layout == "insightface":
            found |= {
                "have several labels, of which this layout keeps the first": self._several,
                "have an id that is not their place, from 1, as this layout wants it": self._misnumbered,
                "that say which faces are whose are not what packing writes": self._other_identities,
            }
        else:
            found["hold two labels and no picture, as in insightface's layout, and were left out"] = self.identities
        if self._layout == "plain":
            found["have packed labels and another one in the header, which becomes 0"] = self._own_not_0
        return tuple(Note(records, message) for message, records in found.items() if records)


def _starts_of_identities(list_path: Path) -> array[int] | None:
    """The keys of the first faces, from 1; None where the list cannot be packed in insightface's layout."""
    starts, seen, label, key = array("Q"), DuplicateIndices(), None, 0
    for key, entry in enumerate(read_list(list_path), 1):
        if entry.labels[0] == label:
            continue
        label = entry.labels[0]
        if not is_class(label) or seen.add(int(label)):
            return None
        starts.append(key)
    return starts if key + len(starts) < MAX_RECORDS else None
