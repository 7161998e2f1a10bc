"""The files of a run before they bear their names: begun anew, gone on with, or begun with what is there already."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path, PurePath
from types import TracebackType
from typing import Any, Self, TypeVar

from gpu_im2rec.errors import NothingPackedError, OutputExistsError, RecordError, ResumeError
from gpu_im2rec.packing.appending import base_of, check_same
from gpu_im2rec.packing.faces import property_of
from gpu_im2rec.packing.fingerprint import differences
from gpu_im2rec.packing.journal import Checkpoint, Journal
from gpu_im2rec.packing.options import PackOptions
from gpu_im2rec.packing.saving import Saver
from gpu_im2rec.recordio import beside
from gpu_im2rec.recordio.naming import DALI_INDEX, MANIFEST
from gpu_im2rec.recordio.output import Output
from gpu_im2rec.recordio.part_file import PartFile, part_of, target_of
from gpu_im2rec.recordio.publishing import checksums_of_replaced, publish_all

P = TypeVar("P", bound=PurePath)

REC, IDX, CRC, PROPERTY, FAILURES, REPORT = (
    ".rec", ".idx", ".crc", "property", ".failures.jsonl", ".report.json"
)  # fmt: skip
PAGE = ".report.html"  # made from the records, once they are there
SHARDS = ".shards.part"  # the folder in which the shards of a set wait until all are whole
_OF_THE_LAST_RUN = (FAILURES, REPORT)  # which replace those of another run, and nobody is asked


def suffixes_of(options: PackOptions) -> list[str]:
    """What a run writes, in the order in which it is published."""
    checksums = [CRC] if options.checksums else []
    faces = [PROPERTY] if options.layout == "insightface" else []
    return [REC, IDX, *checksums, *faces, *_OF_THE_LAST_RUN]


def path_of(out: P, suffix: str) -> P:
    """The file of this suffix, or name, of the run that writes ``out``."""
    if suffix == PROPERTY:
        return property_of(out)
    return out if suffix == REC else beside(out, suffix)


def is_hashed(suffix: str, options: PackOptions) -> bool:
    """Whether the file's hash is computed: of a part of a list, for the manifest of all."""
    return options.part is not None and suffix in (REC, IDX, CRC)


def left_out(files: Mapping[str, Output], options: PackOptions) -> list[str]:
    """Of a run's files, those that get no name: an empty list of failures; and of a part without a record all others.

    Readers of many shards stumble over an empty one.
    """
    is_empty = options.part is not None and options.part.rule == "lines" and not files[REC].size
    empty = [REC, IDX, CRC] if is_empty else []
    return [suffix for suffix in (*empty, FAILURES) if suffix in empty or not files[suffix].size]


def described(files: Mapping[str, Output], options: PackOptions) -> dict[str, Any]:
    """Name, size and hash of the records, their index and checksums, for the report of the run."""
    none = left_out(files, options)
    kinds = {suffix.strip("."): None if suffix in none else files.get(suffix) for suffix in (REC, IDX, CRC)}
    return {
        kind: file and {"name": file.path.name, "bytes": file.size, "xxh3_128": file.digest()}
        for kind, file in kinds.items()
    }


def journal_of(out: Path) -> Path:
    """The journal of the run that writes ``out``."""
    return beside(target_of(out), ".journal")  # so that two links to one file share its lock


def clear(out: Path, suffixes: Iterable[str]) -> None:
    """Remove what another run left unfinished of the files with ``suffixes``, and of a set that is called like ``out``.

    Raises OSError.
    """
    for suffix in {*suffixes, CRC, DALI_INDEX, MANIFEST}:
        part_of(path_of(out, suffix)).unlink(missing_ok=True)
    shutil.rmtree(beside(out, SHARDS), ignore_errors=True)


class Unfinished:
    """The files of a run, open; ``start`` says how far they have come already.

    A context manager. Where the ``with`` ends early, what is worth going on with is kept, and else all is removed.
    Raises OutputExistsError where the files belong to another run, ResumeError where they were begun with something
    else, RecordError where they are shorter than their journal says or nothing can be appended to, and OSError.
    """

    def __init__(self, out: Path, asked: dict[str, Any], options: PackOptions, beat: Callable[[], object]) -> None:
        self.reached: Callable[[], Checkpoint] | None = None  # where a run could go on at this moment, if it can tell
        self.files: dict[str, PartFile] = {}
        self.is_published = False
        self._out = out
        self._options = options
        self._suffixes = suffixes_of(options)
        self._journal = Journal(journal_of(out))
        self._discards = self._journal.asked is None  # on leaving
        try:
            self.start = self._gone_on(asked) or self._begun(asked, beat)
        except BaseException:
            self._let_go()
            raise
        self._discards = False
        self._saver = Saver(self._journal, list(self.files.values()), options.checkpoint_seconds)

    def sizes(self) -> dict[str, int]:
        """Bytes of each file so far, by its suffix."""
        return {suffix: file.size for suffix, file in self.files.items()}

    def described(self) -> dict[str, Any]:
        """Name, size and hash of the records, their index and checksums, for the report of the run."""
        return described(self.files, self._options)

    def sync(self) -> None:
        """Bring everything that was written so far to the disk, now. Raises OSError."""
        for file in self.files.values():
            file.flush()
            file.sync()

    def is_due(self) -> bool:
        """Whether it is time to ``save``. Raises OSError where saving failed."""
        return self._saver.is_due()

    def save(self, checkpoint: Checkpoint) -> None:
        """Make everything that was written so far durable, in the background; ``checkpoint`` lacks the sizes."""
        self._saver.save(replace(checkpoint, sizes=self.sizes()))

    def publish(self, checkpoint: Checkpoint) -> None:
        """Give all files their names. Raises OSError; then a later run can still do it."""
        self._saver.save(replace(checkpoint, publishing=self.sizes()))
        self._saver.close()
        none = left_out(self.files, self._options)
        gone = [] if CRC in self.files else checksums_of_replaced(self.files[REC].path)
        gone.append(path_of(self._out, PAGE))  # of an earlier run
        gone += [path_of(self._out, suffix) for suffix in none]
        publish_all([file for suffix, file in self.files.items() if suffix not in none], gone=gone)
        self.is_published = self._discards = True

    def kept(self) -> str:
        """What a run that ended early left for the next one, in words; empty where it left nothing."""
        last = self._journal.last
        all_there = self._journal.path.exists() and all(file.is_ours() for file in self.files.values())
        if self._discards or last is None or not all_there:
            return ""
        return f"{last.lines:,} lines of the list are kept in {part_of(self._out)}; --resume goes on from there"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        worth_it = self._saver.has_begun or self._journal.last  # else it is sooner done again than explained
        try:
            if worth_it and self.reached and not isinstance(error, OSError):
                with suppress(OSError, RecordError):
                    self.save(self.reached())
            with suppress(OSError):
                self._saver.close()
        finally:
            self._discards |= self._journal.last is None or isinstance(error, NothingPackedError)
            self._let_go()

    def _gone_on(self, asked: dict[str, Any]) -> Checkpoint | None:
        """Reopen what an earlier run left, where that is what is asked; None where nothing of it is to be kept."""
        then, last = self._journal.asked, self._journal.last
        resume, overwrite = self._options.resume, self._options.overwrite
        if resume and self._options.append and not self._journal.was_there:
            raise ResumeError(f"{self._out}: nothing is unfinished; leave out --resume to append (again)")
        if then is None or last is None or (overwrite and not resume):
            return None
        if not resume and "shards" in then:
            raise OutputExistsError(
                f"{beside(self._out, SHARDS)}: an unfinished run is there that packs a set of shards; "
                "--resume with --shards goes on with it, --overwrite starts anew"
            )
        if not resume:
            raise OutputExistsError(
                f"{part_of(self._out)}: an unfinished run is there, {last.lines:,} lines of the list are done; "
                "--resume goes on with it, --overwrite starts anew"
            )
        if changed := differences(then, asked):
            raise ResumeError(
                f"{part_of(self._out)} was begun otherwise: {changed}. "
                "Give what was given then, or start anew with --overwrite in place of --resume"
            )
        if last.base and not last.publishing:
            check_same(path_of(self._out, REC), last.base)
        if last.publishing:
            self._take_back(last.publishing)
        for suffix in self._suffixes:
            path, size = path_of(self._out, suffix), last.sizes.get(suffix, 0)
            may_be_there = self._overwrites(suffix) or last.publishing is not None
            at = size if size or part_of(path).exists() else None
            self.files[suffix] = PartFile(path, overwrite=may_be_there, at=at, hashed=is_hashed(suffix, self._options))
        return last

    def _take_back(self, sizes: dict[str, int]) -> None:
        """Names from files: their giving was the last step, it was cut short, and all of it is done again."""
        published = []
        for suffix, size in sizes.items():
            path = path_of(self._out, suffix)
            target, part = target_of(path), part_of(path)
            if size and not part.exists():
                if not _has_size(target, size):
                    raise ResumeError(f"{part} is gone; start anew with --overwrite")
                published.append((target, part))
        for target, part in published:
            target.replace(part)

    def _begun(self, asked: dict[str, Any], beat: Callable[[], object]) -> Checkpoint:
        base = base_of(self._out) if self._options.append else None
        left_behind = self._journal.asked is not None
        self._discards = True
        self._journal.start(asked)
        if left_behind:
            clear(self._out, self._suffixes)
        for suffix in self._suffixes:
            path = path_of(self._out, suffix)
            hashed = is_hashed(suffix, self._options)
            file = self.files[suffix] = PartFile(path, overwrite=self._overwrites(suffix), hashed=hashed)
            if base and path.is_file() and suffix != REPORT:
                file.copy(path, beat)
                if suffix != REC and not _ends_in_newline(path):
                    file.write([b"\n"])  # which others leave out behind the last line
                    file.flush()
        return Checkpoint(base=base, failures_from=self.files[FAILURES].size)

    def _overwrites(self, suffix: str) -> bool:
        return self._options.overwrite or self._options.append or suffix in _OF_THE_LAST_RUN

    def _let_go(self) -> None:
        with ExitStack() as each:  # one that fails does not keep the others from it
            each.callback(self._journal.remove if self._discards else self._journal.close)
            for file in self.files.values():
                each.callback(file.discard if self._discards else file.keep)


def _ends_in_newline(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read() == b"\n"


def _has_size(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size
