"""All shards are whole: what tells of all of them is written, and everything is given its name."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from gpu_im2rec.lists import DuplicateIndices
from gpu_im2rec.packing import PackOptions
from gpu_im2rec.packing.unfinished import FAILURES, REPORT, path_of
from gpu_im2rec.recordio import read_index
from gpu_im2rec.recordio.manifest import manifest_of
from gpu_im2rec.sharding.assembling import manifest_from
from gpu_im2rec.sharding.dali_index import index_lines
from gpu_im2rec.sharding.replaced import replaced
from gpu_im2rec.sharding.set_report import set_report, summed
from gpu_im2rec.sharding.tally import Tally
from gpu_im2rec.sharding.task import ShardResult
from gpu_im2rec.sharding.unfinished_set import Begun, UnfinishedSet
from gpu_im2rec.storage import Place


class Gathered:
    """What tells of a set, written and not yet published; a context manager, which removes what is not.

    Raises OSError, and RecordError for an index that a shard lost.
    """

    def __init__(
        self, a_set: UnfinishedSet, out: Place, list_path: str, root: str, options: PackOptions,
        results: Sequence[ShardResult], tally: Tally, asked: dict[str, Any],
    ) -> None:  # fmt: skip
        """``asked`` decides the set's bytes."""
        self._set, self._out = a_set, out
        self._manifest = manifest_from([result.report for result in results], out)
        self._files: dict[str, Begun] = {}
        with ExitStack() as self._undo:
            duplicates = self._write_dali_index()
            self._write_failures()
            self._write(manifest_of(out), self._manifest.to_json())
            self.report = summed(out, self._manifest, results, tally.seconds, duplicates)
            versions = self._manifest.versions
            content = set_report(self.report, list_path, root, options, results, versions, tally, asked)
            self._write(path_of(out, REPORT).name, content)
            self._cleanup = self._undo.pop_all()

    def publish(self) -> None:
        """Shards first, the manifest last; what is left of an older set goes. Raises OSError."""
        failures = path_of(self._out, FAILURES)
        names = [self._manifest.dali_index, failures.name, path_of(self._out, REPORT).name, manifest_of(self._out)]
        told = [self._files[name] for name in names if name in self._files]
        gone = replaced(self._out, self._set.going, self._manifest)
        if failures.name not in self._files:
            gone.append(failures)  # of an earlier run
        shards = [file.name for shard in self._manifest.shards for file in shard.files]
        self._set.publish(shards, told, gone)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._cleanup.close()

    def _begun(self, name: str) -> Begun:
        file = self._files[name] = self._set.begin(name)
        self._undo.callback(file.discard)
        return file

    def _write(self, name: str, content: bytes) -> None:
        self._begun(name).write([content])

    def _write_dali_index(self) -> DuplicateIndices:
        file, start, keys = self._begun(self._manifest.dali_index), 0, DuplicateIndices()
        for shard in self._manifest.shards:
            with self._set.index(shard.idx.name) as path:
                index = read_index(path)
            for block in index_lines(index, start):
                file.write([block])
            keys.add_many(index.keys)
            start += shard.rec.bytes
        return keys

    def _write_failures(self) -> None:
        if self._manifest.failed:
            file = self._begun(path_of(self._out, FAILURES).name)
            for part in self._set.parts:
                for block in self._set.failures(part):
                    file.write([block])
