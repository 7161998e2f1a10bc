"""Whether a record file is what it should be: by itself, beside its index and checksums, and against its list."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from gpu_im2rec.errors import UsageError
from gpu_im2rec.inspection.census import Census
from gpu_im2rec.inspection.checksum_check import ChecksumCheck
from gpu_im2rec.inspection.decoding import check_decoding
from gpu_im2rec.inspection.failed import FailedLine, FailedLines
from gpu_im2rec.inspection.findings import Findings, Kind
from gpu_im2rec.inspection.index_check import IndexCheck
from gpu_im2rec.inspection.list_check import ListCheck, Match
from gpu_im2rec.inspection.pictures import Compared, check_pictures
from gpu_im2rec.inspection.record_checks import RecordChecks, examples
from gpu_im2rec.inspection.verify_report import Step, VerifyReport
from gpu_im2rec.lists import read_lines
from gpu_im2rec.packing.lines import Line
from gpu_im2rec.packing.paths import check_root
from gpu_im2rec.recordio.block import Gap, Run
from gpu_im2rec.recordio.headers import Headers, read_headers
from gpu_im2rec.recordio.salvage import salvage

PathLike = str | os.PathLike[str]


def verify(
    rec: PathLike, *, list_path: PathLike | None = None, root: PathLike | None = None, decode: bool = False,
    progress: Callable[[Step], None] = lambda _: None,
) -> VerifyReport:  # fmt: skip
    """Look for everything that can be wrong with ``rec``; never raises for what is wrong, which is what it reports.

    The index and the checksums beside it are compared with it, if they are there; with ``list_path`` its records with
    the entries of that list, with ``root`` their pictures with the files that the list names, and with ``decode`` every
    picture is decoded. Memory: some megabytes, and some 40 bytes a record.

    Raises UsageError for a root without a list, ListError for a list that cannot be read, and OSError.
    """
    check_asked(list_path, root)
    rec, findings = Path(rec), Findings()
    lines = None if list_path is None else FailedLines(rec).marked(read_lines(list_path))
    report = verify_lines(rec, lines, findings, root=root, decode=decode, progress=progress)
    return replace(report, list=None if list_path is None else Path(list_path))


def check_asked(list_path: PathLike | None, root: PathLike | None) -> None:
    """Raises UsageError for a root without a list, and for one that is no folder."""
    if root is not None and list_path is None:
        raise UsageError("--root says where the pictures of a list are: give --list, too")
    if root is not None:
        check_root(root)


def verify_lines(
    rec: Path, lines: Iterator[Line | FailedLine] | None, findings: Findings, *, root: PathLike | None, decode: bool,
    progress: Callable[[Step], None],
) -> VerifyReport:  # fmt: skip
    """As ``verify``, with ``lines`` of a list that should have records; what is found goes to ``findings``."""
    return _Verification(rec, progress, findings).run(lines, root, decode)


class _Check(Protocol):
    def see(self, run: Run, headers: Headers) -> None: ...
    def finish(self) -> None: ...


@dataclass(slots=True)
class _Verification:
    rec: Path
    progress: Callable[[Step], None]
    findings: Findings

    def run(self, lines: Iterator[Line | FailedLine] | None, root: PathLike | None, decode: bool) -> VerifyReport:
        """See ``verify``."""
        started = time.perf_counter()
        size = self.rec.stat().st_size
        records, census = RecordChecks(self.findings), Census(self.findings)
        index, checksums = IndexCheck(self.rec, self.findings), ChecksumCheck(self.rec, self.findings)
        checks: list[_Check] = [records, index, checksums, census]
        runs = self._walk(checks, size)
        decoded = check_decoding(runs, self.findings) if decode else None
        _exhaust(runs)
        for check in checks:
            check.finish()
        entries, compared = 0, None
        if lines is not None:
            against = ListCheck(self.rec, census, records.faces, self.findings)
            compared = self._compare(against, lines, root, decode)
            entries = against.entries
        return VerifyReport(
            rec=self.rec,
            bytes=size,
            records=census.records,
            idx=index.path if index.is_there else None,
            checksums=checksums.path if checksums.is_there else None,
            list=None,
            entries=entries,
            decoded=decoded,
            compared=compared,
            seconds=time.perf_counter() - started,
            problems=tuple(self.findings.problems),
            notes=tuple(self.findings.notes),
        )

    def _walk(self, checks: list[_Check], size: int) -> Iterator[tuple[Run, Headers]]:
        """The records that readers can read, once every check has seen them; what lies between them is found."""
        for piece in salvage(self.rec):
            if isinstance(piece, Gap):
                message = f"{piece.end - piece.start:,} bytes up to {piece.end} belong to no record: {piece.cause}"
                self.findings.add(Kind.DAMAGE, message, offset=piece.start)
                continue
            headers = read_headers(piece)
            if piece.offsets[0] % 4:
                message = "readers find no record here: the offset is no multiple of 4"
                shifted = examples(piece, headers, list(range(len(piece))), message)
                self.findings.add_many(Kind.SHIFTED, len(piece), shifted)
                continue
            for check in checks:
                check.see(piece, headers)
            self.progress(Step(int(piece.ends[-1]), size, "bytes"))
            yield piece, headers

    def _compare(
        self, against: ListCheck, lines: Iterator[Line | FailedLine], root: PathLike | None, decode: bool
    ) -> Compared | None:
        matches = self._told(against.matches(lines), against.records)
        compared = None
        if root is not None:
            compared = check_pictures(self.rec, matches, os.fspath(root), self.findings, decoded=decode)
        _exhaust(matches)
        return compared

    def _told(self, matches: Iterator[Match], total: int) -> Iterator[Match]:
        for number, match in enumerate(matches):
            if number % 1024 == 0:
                self.progress(Step(number, total, "entries"))
            yield match


def _exhaust(iterator: Iterator[object]) -> None:
    """What has not been drawn from it yet."""
    for _ in iterator:
        pass
