"""A list, packed into a set of shards: the same bytes, whoever packs them and in whatever order."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any

from gpu_im2rec.errors import ListError, NothingPackedError, UsageError
from gpu_im2rec.packing import FailureLimit, PackOptions, PackReport, Progress
from gpu_im2rec.packing.fingerprint import digest_of_list
from gpu_im2rec.packing.lines import PathLike
from gpu_im2rec.packing.list_here import list_here
from gpu_im2rec.packing.paths import check_paths
from gpu_im2rec.packing.result import doubt_of_root
from gpu_im2rec.sharding.finished_set import asked_of, finished_set
from gpu_im2rec.sharding.gather import Gathered
from gpu_im2rec.sharding.here import pack_here
from gpu_im2rec.sharding.local_set import LocalSet
from gpu_im2rec.sharding.names import check_name
from gpu_im2rec.sharding.remote_set import RemoteSet
from gpu_im2rec.sharding.sizing import Cut
from gpu_im2rec.sharding.tally import Tally
from gpu_im2rec.sharding.task import Runner, ShardResult, ShardTask
from gpu_im2rec.sharding.unfinished_set import UnfinishedSet, absolute
from gpu_im2rec.storage import Place, Url, place, shown
from gpu_im2rec.transcode import in_words


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

    Each holds the records of a part of the list, all but equally many lines. On this machine they bear their names only
    when all are whole; until then they wait in ``OUT.shards.part``, where ``options.resume`` finds what is finished. A
    remote shard appears when it is whole, and the manifest when all are. ``runner`` decides who packs them. A part of
    which nothing can be packed has no shard. With ``options.resume``, a set that is whole stays as it is.

    Raises what `pack` raises.
    """
    options = options or PackOptions()
    if options.part or options.append or options.layout == "insightface":
        raise UsageError("--shards packs a whole list into plain records: leave out --part, --append and --layout")
    target, folder, list_name = place(out), absolute(root), absolute(list_path)
    check_name(target)
    if options.staging and not isinstance(target, Url):
        raise UsageError(f"{target} is on this machine: --staging is for outputs that are not")
    with list_here(list_path) as here:
        check_paths(here, folder, target, replace(options, overwrite=True, resume=False))
        asked = asked_of(here, folder, options, cut)
        if options.resume and not options.overwrite and (report := finished_set(target, asked)):
            return report
        with _begun(here, folder, target, cut, options, asked) as a_set:
            tally = Tally(a_set.parts, options.limit, progress, a_set.seconds)
            results: list[ShardResult] = []
            lists = [digest_of_list(here, part.cut) for part in a_set.parts]
            with closing(runner(_tasks(a_set, list_name, folder, options, tally.total), tally.tell)) as coming:
                for result in coming:
                    if result.report["fingerprint"]["list"] != lists[result.number]:
                        raise ListError(f"{here!s} has changed while it was packed; pack it anew, with --overwrite")
                    results.append(tally.add(result))
                    a_set.remember(tally.seconds)
            results.sort(key=lambda result: result.number)
            with Gathered(a_set, target, list_name, folder, options, results, tally, asked) as gathered:
                if not gathered.report.packed:
                    a_set.discard()
                    raise NothingPackedError(_nothing(list_name, folder, gathered.report))
                gathered.publish()
                return gathered.report


def _nothing(list_path: str, root: str, report: PackReport) -> str:
    reasons = in_words(report.reasons)
    doubt = doubt_of_root(root, report.reasons)
    return f"{shown(list_path)}: not one picture could be packed ({reasons}); nothing was written{doubt}"


def _begun(
    list_path: PathLike, root: str, out: Place, cut: Cut, options: PackOptions, asked: dict[str, Any]
) -> UnfinishedSet:
    if isinstance(out, Url):
        return RemoteSet(list_path, root, out, cut, options)
    return LocalSet(list_path, root, out, cut, options, asked)


def _tasks(a_set: UnfinishedSet, list_path: str, root: str, options: PackOptions, lines: int) -> list[ShardTask]:
    """One a shard. Of the whole list's ``lines`` as many may fail in one of them as in all together."""
    limit = options.max_failures
    if limit and limit.percent is not None:
        limit = FailureLimit(count=int(limit.percent * lines / 100))
    staging = options.staging and absolute(options.staging)
    shared = replace(options, resume=True, overwrite=False, max_failures=limit, staging=staging)
    out = absolute(a_set.out)
    return [ShardTask(list_path, root, out, replace(shared, part=part)) for part in a_set.parts]
