"""All shards are whole: what tells of all of them is written, and everything is given its name."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from gpu_im2rec.errors import RecordError
from gpu_im2rec.lists import DuplicateIndices
from gpu_im2rec.packing import PackOptions, Part
from gpu_im2rec.packing.unfinished import CRC, FAILURES, IDX, PAGE, REC, REPORT, path_of
from gpu_im2rec.recordio import read_index
from gpu_im2rec.recordio.manifest import Manifest, manifest_of, read_manifest
from gpu_im2rec.recordio.part_file import PartFile
from gpu_im2rec.recordio.publishing import publish_all
from gpu_im2rec.sharding.assembling import dali_index_of, manifest_from, part_of
from gpu_im2rec.sharding.dali_index import index_lines
from gpu_im2rec.sharding.set_report import set_report, summed
from gpu_im2rec.sharding.tally import Tally
from gpu_im2rec.sharding.task import ShardResult
from gpu_im2rec.sharding.working_folder import WorkingFolder


def outputs_of(out: Path, parts: Sequence[Part], options: PackOptions) -> list[Path]:
    """What a set writes that must not be there yet."""
    kinds = [REC, IDX, *([CRC] if options.checksums else [])]
    shards = [path_of(part.output(out), kind) for part in parts for kind in kinds]
    return [out.with_name(manifest_of(out)), out.with_name(dali_index_of(out)), *shards]


class Gathered:
    """What tells of a set, written and not yet published; a context manager, which removes what is not.

    Raises OSError, and RecordError for an index that a shard lost.
    """

    def __init__(
        self, out: Path, list_path: str, root: str, options: PackOptions, folder: WorkingFolder,
        results: Sequence[ShardResult], tally: Tally, going: Sequence[Path],
    ) -> None:  # fmt: skip
        """``going`` are names that an earlier run had begun to give up for this set."""
        self._out, self._folder = out, folder
        reports = [result.report for result in results]
        self._manifest = manifest_from(reports, out)
        self.gone = [*dict.fromkeys([*going, *old_files(out, self._manifest)])]
        self._files: dict[str, PartFile] = {}
        with ExitStack() as self._undo:
            duplicates = self._write_dali_index()
            self._write_failures([part_of(report).output(folder.out) for report in reports])
            self._write(manifest_of(out), self._manifest.to_json())
            self.report = summed(out, self._manifest, results, tally.seconds, duplicates)
            content = set_report(self.report, list_path, root, options, results, self._manifest.versions, tally.pace())
            self._write(path_of(out, REPORT).name, content)
            self._cleanup = self._undo.pop_all()

    def publish(self) -> None:
        """Shards first, the manifest last; what is left of an older set goes. Raises OSError."""
        files = [file for shard in self._manifest.shards for file in (shard.rec, shard.idx, shard.crc) if file]
        names = [self._manifest.dali_index, path_of(self._out, FAILURES).name, path_of(self._out, REPORT).name]
        told = [self._files[name] for name in (*names, manifest_of(self._out)) if name in self._files]
        publish_all([*self._folder.waiting([file.name for file in files]), *told], gone=self.gone)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._cleanup.close()

    def _begun(self, name: str) -> PartFile:
        file = self._files[name] = PartFile(self._out.with_name(name), overwrite=True)
        self._undo.callback(file.discard)
        return file

    def _write(self, name: str, content: bytes) -> None:
        self._begun(name).write([content])

    def _write_dali_index(self) -> DuplicateIndices:
        file, start, keys = self._begun(self._manifest.dali_index), 0, DuplicateIndices()
        for shard in self._manifest.shards:
            index = read_index(self._folder.path / shard.idx.name)
            for block in index_lines(index, start):
                file.write([block])
            keys.add_many(index.keys)
            start += shard.rec.bytes
        return keys

    def _write_failures(self, shards: Sequence[Path]) -> None:
        each = [path for path in (path_of(rec, FAILURES) for rec in shards) if path.exists()]
        if not each:
            self.gone.append(path_of(self._out, FAILURES))
            return
        file = self._begun(path_of(self._out, FAILURES).name)
        for path in each:
            with path.open("rb") as rows:
                while block := rows.read(1 << 20):
                    file.write([block])


def old_files(out: Path, new: Manifest) -> list[Path]:
    """What an older set of this name leaves behind: shards that the new one has not, and the page about it."""
    kept = {file.name for shard in new.shards for file in (shard.rec, shard.idx, shard.crc) if file}
    old: list[Path] = [path_of(out, PAGE)]
    with suppress(OSError, RecordError):
        for shard in read_manifest(out.with_name(manifest_of(out))).shards:
            old += [out.with_name(file.name) for file in (shard.rec, shard.idx, shard.crc) if file]
    return [path for path in old if path.name not in kept]
