"""Whether a set of shards is what its manifest says, and each shard what it should be."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gpu_im2rec.errors import ListError, RecordError, UsageError
from gpu_im2rec.inspection.failed import FailedLine, FailedLines
from gpu_im2rec.inspection.findings import Findings, Kind
from gpu_im2rec.inspection.pictures import Compared
from gpu_im2rec.inspection.verify import check_asked, verify_lines
from gpu_im2rec.inspection.verify_report import Step, VerifyReport
from gpu_im2rec.lists import Entry, parts_by_lines, read_lines
from gpu_im2rec.packing.lines import Line
from gpu_im2rec.recordio.digest import digest_of
from gpu_im2rec.recordio.index import iter_index
from gpu_im2rec.recordio.manifest import Manifest, Shard, ShardFile, read_manifest
from gpu_im2rec.sharding.dali_index import index_lines

PathLike = str | os.PathLike[str]


def verify_set(
    manifest: PathLike, *, list_path: PathLike | None = None, root: PathLike | None = None, decode: bool = False,
    progress: Callable[[Step], None] = lambda _: None,
) -> VerifyReport:  # fmt: skip
    """Look for everything that can be wrong with the shards that ``manifest`` names, and with the files beside them.

    Sizes and hashes are compared with the manifest, DALI's index with those of the shards, and each shard is looked at
    as `verify` does it. With ``list_path`` each is compared with its part of the list.

    Raises RecordError for a manifest that is none; UsageError where it does not say which lines a shard has; ListError
    for a list that cannot be read, or is another one; OSError.
    """
    check_asked(list_path, root)
    path = Path(manifest)
    work = _SetVerification(path, read_manifest(path), progress)
    return work.run(list_path, root, decode)


@dataclass(slots=True)
class _SetVerification:
    path: Path
    manifest: Manifest
    progress: Callable[[Step], None]
    findings: Findings = field(default_factory=Findings)
    done: int = 0  # bytes of the shards before

    def run(self, list_path: PathLike | None, root: PathLike | None, decode: bool) -> VerifyReport:
        """See ``verify_set``."""
        started = time.perf_counter()
        lines = None if list_path is None else self._lines_of_parts(list_path)
        reports = []
        for part, shard in self._parts():
            some = next(lines) if lines else None
            if shard is None:
                self._tell_unpacked(some or iter(()), part)
            elif report := self._verified(shard, some, root, decode):
                reports.append(report)
            self.done += shard.rec.bytes if shard else 0
        index = self._check_index()
        return VerifyReport(
            rec=self.path,
            bytes=sum(report.bytes for report in reports),
            records=sum(report.records for report in reports),
            idx=index,
            checksums=None,
            list=None if list_path is None else Path(list_path),
            entries=sum(report.entries for report in reports),
            decoded=sum(report.decoded or 0 for report in reports) if decode else None,
            compared=_summed([report.compared for report in reports if report.compared]) if root else None,
            seconds=time.perf_counter() - started,
            problems=tuple(self.findings.problems),
            notes=tuple(self.findings.notes),
            shards=len(self.manifest.shards),
        )

    def _parts(self) -> Iterator[tuple[int, Shard | None]]:
        by_part = {shard.part: shard for shard in self.manifest.shards}
        yield from ((part, by_part.get(part)) for part in range(self.manifest.parts))

    def _lines_of_parts(self, list_path: PathLike) -> Iterator[Iterator[Line]]:
        """Of each part the lines that should have records."""
        if any(shard.lines is None for shard in self.manifest.shards):
            raise UsageError(
                f"{self.path} does not say which lines of a list its shards have; join them with `gpu-im2rec merge` "
                "and compare the whole"
            )
        spans = parts_by_lines(list_path, self.manifest.parts)
        for shard in self.manifest.shards:
            span = spans[shard.part]
            if (span.first_line, span.lines) != (shard.first_line, shard.lines):
                raise ListError(
                    f"{os.fspath(list_path)} is not the list that was packed: part {shard.part} of "
                    f"{self.manifest.parts} has {span.lines:,} lines from {span.first_line} on, and had "
                    f"{shard.lines:,} from {shard.first_line} on"
                )
        failed = FailedLines(self.path)
        return (self._others(failed.marked(read_lines(list_path, span=span))) for span in spans)

    def _others(self, lines: Iterator[Line | FailedLine]) -> Iterator[Line]:
        """Those that did not fail: nothing is ever appended to a set."""
        for line in lines:
            if isinstance(line, FailedLine):
                line.tell(self.findings)
            else:
                yield line

    def _tell_unpacked(self, lines: Iterator[Line], part: int) -> None:
        for line in lines:
            index = line.index if isinstance(line, Entry) else None
            self.findings.add(Kind.MISSING, f"no record: part {part} has no shard", id=index, line=line.line)

    def _verified(
        self, shard: Shard, lines: Iterator[Line] | None, root: PathLike | None, decode: bool
    ) -> VerifyReport | None:
        """None where the shard is not there."""
        for file in shard.files:
            self._check_file(file)
        rec = self.path.with_name(shard.rec.name)
        if not rec.is_file():
            return None
        findings = Findings()
        report = verify_lines(rec, lines, findings, root=root, decode=decode, progress=self._tell)
        if report.records != shard.records:
            findings.add(Kind.CHANGED_FILE, f"{report.records:,} records, and {shard.records:,} by the manifest")
        self.findings.take(findings, shard.rec.name)
        return report

    def _check_file(self, file: ShardFile) -> None:
        path = self.path.with_name(file.name)
        if not path.is_file():
            self.findings.add(Kind.MISSING_FILE, f"{path} is not there")
        elif (size := path.stat().st_size) != file.bytes:
            self.findings.add(Kind.CHANGED_FILE, f"{path}: {size:,} bytes, and {file.bytes:,} by the manifest")
        elif digest_of(path) != file.xxh3_128:
            self.findings.add(Kind.CHANGED_FILE, f"{path}: its hash is not that of the manifest")

    def _check_index(self) -> Path | None:
        """DALI's index must be those of the shards, one behind the other; None where it is not there."""
        path = self.path.with_name(self.manifest.dali_index)
        if not path.is_file():
            self.findings.add(Kind.MISSING_FILE, f"{path} is not there; {self._advice()}")
            return None
        try:
            with path.open("rb") as file:
                same = all(file.read(len(lines)) == lines for lines in self._expected_index()) and not file.read(1)
            if not same:
                self.findings.add(Kind.SET_INDEX, f"{path} is not the indices of the shards; {self._advice()}")
        except (RecordError, OSError):
            pass  # an index of a shard, of which it was told
        return path

    def _expected_index(self) -> Iterator[bytes]:
        start = 0
        for shard in self.manifest.shards:
            path = self.path.with_name(shard.idx.name)
            if not path.is_file():  # a pipe would never end
                raise RecordError(f"{path} is not there")
            for some in iter_index(path):
                yield from index_lines(some, start)
            start += shard.rec.bytes

    def _advice(self) -> str:
        return f"`gpu-im2rec merge {self.path} {self.path} --overwrite` makes it anew"

    def _tell(self, step: Step) -> None:
        if step.unit == "bytes":
            self.progress(Step(self.done + step.done, self.manifest.rec_bytes, "bytes"))


def _summed(each: list[Compared]) -> Compared:
    return Compared(sum(one.equal for one in each), sum(one.alike for one in each))
