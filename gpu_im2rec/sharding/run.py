"""A list, packed into a set of shards: the same bytes, whoever packs them and in whatever order."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from gpu_im2rec.errors import NothingPackedError, OutputExistsError, ResumeError, UsageError
from gpu_im2rec.lists import parts_by_lines
from gpu_im2rec.packing import FailureLimit, PackOptions, PackReport, Part, Progress
from gpu_im2rec.packing.fingerprint import differences, fingerprint
from gpu_im2rec.packing.journal import Checkpoint, Journal
from gpu_im2rec.packing.lines import PathLike
from gpu_im2rec.packing.paths import check_paths
from gpu_im2rec.packing.unfinished import journal_of
from gpu_im2rec.sharding.gather import Gathered, outputs_of
from gpu_im2rec.sharding.here import pack_here
from gpu_im2rec.sharding.sizing import Cut
from gpu_im2rec.sharding.tally import Tally
from gpu_im2rec.sharding.task import Runner, ShardResult, ShardTask
from gpu_im2rec.sharding.working_folder import WorkingFolder


def pack_shards(
    list_path: PathLike,
    root: PathLike,
    out: PathLike,
    cut: Cut,
    options: PackOptions | None = None,
    *,
    runner: Runner = pack_here,
    progress: Callable[[Progress], None] | None = None,
) -> PackReport:
    """Pack the list into shards ``out-00000-of-0000n.rec``, as many as ``cut`` says, with a manifest and DALI's index.

    Each holds the records of a part of the list, all but equally many lines. They bear their names only when all are
    whole; until then they wait in ``OUT.shards.part``, where ``options.resume`` finds what is finished. ``runner``
    decides who packs them. A part of which nothing can be packed has no shard.

    Raises what `pack` raises.
    """
    options = options or PackOptions()
    _check(options)
    list_path, root, out = Path(os.path.abspath(list_path)), os.path.abspath(root), Path(out)  # noqa: PTH100
    check_paths(list_path, root, out, replace(options, overwrite=True, resume=False))
    with _Set(list_path, root, out, cut, options) as a_set:
        tally = Tally(a_set.parts, options.limit, progress, a_set.seconds)
        results: list[ShardResult] = []
        for result in runner(a_set.tasks(), tally.tell):
            tally.add(result)
            a_set.remember(tally.seconds)
            results.append(result)
        return a_set.publish(sorted(results, key=lambda result: result.number), tally)


def _check(options: PackOptions) -> None:
    if options.part or options.append or options.layout == "insightface":
        raise UsageError("--shards packs a whole list into plain records: leave out --part, --append and --layout")


class _Set:
    """A set while it is packed: locked, and remembered for the run that goes on with it."""

    def __init__(self, list_path: Path, root: str, out: Path, cut: Cut, options: PackOptions) -> None:
        self._list_path, self._root, self._out, self._options = list_path, root, out, options
        self._folder = WorkingFolder(out)
        self._going: dict[str, int] = {}  # names that are given up as this set gets its own
        with ExitStack() as undo:
            self._journal = Journal(journal_of(out))
            undo.callback(self._journal.remove if self._journal.asked is None else self._journal.close)
            count = self._count(cut)
            spans = parts_by_lines(list_path, count)
            if not spans[0].lines or not spans[-1].lines:
                raise UsageError(f"{list_path} has fewer lines than {count} shards; use fewer")
            self.parts = [Part(number, count, cut=span) for number, span in enumerate(spans)]
            self._begin(fingerprint(list_path, root, options, "") | {"shards": count})
            undo.pop_all()

    @property
    def seconds(self) -> float:
        """What earlier runs took that this one goes on with."""
        last = self._journal.last
        return float(last.counts.get("seconds", 0.0)) if last else 0.0

    def remember(self, seconds: float) -> None:
        """So many were taken, by now."""
        self._journal.add(Checkpoint(counts={"seconds": seconds}, publishing=self._going or None))

    def tasks(self) -> list[ShardTask]:
        """One a shard."""
        limit = self._options.limit
        if limit.percent is not None:  # of the whole list, not of each part
            lines = sum(part.cut.lines for part in self.parts if part.cut)
            limit = FailureLimit(count=int(limit.percent * lines / 100))
        shared = replace(self._options, resume=True, overwrite=False)
        if limit.count and shared.max_failures:
            shared = replace(shared, max_failures=limit)
        out = str(self._folder.out)
        return [ShardTask(str(self._list_path), self._root, out, replace(shared, part=part)) for part in self.parts]

    def publish(self, results: list[ShardResult], tally: Tally) -> PackReport:
        """Give everything its name. Raises NothingPackedError, OSError; then a later run can still do it."""
        going = [self._out.with_name(name) for name in self._going]
        asked = (str(self._list_path), self._root, self._options)
        with Gathered(self._out, *asked, self._folder, results, tally, going) as gathered:
            if not gathered.report.packed:
                self._folder.remove()
                raise NothingPackedError(f"{self._list_path}: not one picture could be packed; nothing was written")
            self._going = {path.name: 0 for path in gathered.gone}
            self.remember(tally.seconds)
            gathered.publish()
        self._folder.remove()
        return gathered.report

    def __enter__(self) -> _Set:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: object) -> None:
        if self._folder.is_worthless():
            self._folder.remove()
            self._journal.remove()
            return
        self._journal.close()
        if error:
            whole = self._folder.finished(self.parts)
            error.add_note(f"{whole} of {len(self.parts)} shards are whole in {self._folder.path}; --resume goes on")

    def _count(self, cut: Cut) -> int:
        then = self._journal.asked or {}
        if self._options.resume and cut.size and isinstance(then.get("shards"), int):
            return int(then["shards"])
        return cut.count or cut.sized(self._list_path, self._root, self._out, self._options)

    def _begin(self, asked: dict[str, Any]) -> None:
        then, last = self._journal.asked, self._journal.last
        resume, overwrite, folder = self._options.resume, self._options.overwrite, self._folder
        if then is not None and last is not None and (resume or not overwrite):
            if not resume:
                raise OutputExistsError(
                    f"{folder.path}: an unfinished set is there, {folder.finished(self.parts)} of its shards are "
                    "whole; --resume goes on with it, --overwrite starts anew"
                )
            if changed := differences(then, asked):
                raise ResumeError(
                    f"{folder.path} was begun otherwise: {changed}. "
                    "Give what was given then, or start anew with --overwrite in place of --resume"
                )
            if not folder.path.exists():
                folder.make()
            if last.publishing is not None:
                self._going = last.publishing
                folder.take_back(self.parts)
            self._check_outputs(may_be_there=overwrite or last.publishing is not None)
            return
        self._check_outputs(may_be_there=overwrite)
        if folder.path.exists():
            if not overwrite:
                raise OutputExistsError(
                    f"{folder.path} is there, and nothing says what run left it; remove it, or start with --overwrite"
                )
            folder.remove()
        self._journal.start(asked)
        self._journal.add(Checkpoint())
        folder.make()

    def _check_outputs(self, *, may_be_there: bool) -> None:
        for path in outputs_of(self._out, self.parts, self._options):
            if path.exists() and not (may_be_there and path.is_file()):
                raise OutputExistsError(f"{path} is already there; --overwrite replaces the set")
