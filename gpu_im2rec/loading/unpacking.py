"""Writing the pictures of a record file, whoever made it, and the list that packs them again."""

from __future__ import annotations

import os
import shlex
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

from gpu_im2rec.errors import OutputExistsError, RecordError, UsageError
from gpu_im2rec.lists import list_line
from gpu_im2rec.loading.names import folder_of, name_of, numbered
from gpu_im2rec.loading.packing_again import Note, PackingAgain
from gpu_im2rec.loading.shards import Shards, find_shards
from gpu_im2rec.recordio import ImageHeader, Record, iter_records, unpack_header
from gpu_im2rec.recordio.index_lines import IndexLines
from gpu_im2rec.recordio.part_file import PartFile
from gpu_im2rec.recordio.part_folder import PartFolder
from gpu_im2rec.recordio.publishing import publish_all
from gpu_im2rec.transcode.formats import format_of

PathLike = str | os.PathLike[str]

_MOST_LABELS = 1 << 18  # a line of a list has room for so many, and no image record has more
_IDENTITY_LABELS = 2
_RECORDS_A_STEP = 64  # between two words of progress


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
    A manifest stands for its shards. No index is needed. Memory: one record; and of insightface's layout 8 bytes an
    identity. ``progress`` is told the bytes of ``rec`` that are done, and all.

    Folder and list bear their names once both are whole; until then they are called ``.part``. Raises RecordError,
    naming file and offset, where the framing breaks, and where no record holds a picture; UsageError for a folder that
    cannot be; OutputExistsError where the list, the folder, unless it is empty, or a part of them is there; OSError.
    Then nothing is left behind.
    """
    started = time.perf_counter()
    rec, folder = Path(rec), Path(folder)
    list_path = _list_of(folder)
    shards = Shards(find_shards(rec))
    size = shards.size
    pictures = PartFolder(folder)
    try:
        lines = PartFile(list_path, overwrite=False)
        try:
            with IndexLines(rec) as index:
                work = _Unpacking(pictures, lines, index, PackingAgain())
                for record in _records(shards):
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


def _records(shards: Shards) -> Iterator[Record]:
    """All records; numbers and offsets go on from file to file."""
    number = count()
    for rec, start in zip(shards.paths, shards.starts, strict=False):
        try:
            for record in iter_records(rec):
                yield replace(record, key=next(number), offset=start + record.offset)
        except RecordError as error:
            advice = f"`gpu-im2rec repair {shlex.quote(str(rec))} FIXED.rec` saves what is whole"
            raise RecordError(f"{error}; {advice}") from None


@dataclass(slots=True)
class _Unpacking:
    """Everything between opening the files and publishing them."""

    folder: PartFolder
    lines: PartFile
    index: IndexLines
    again: PackingAgain
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
