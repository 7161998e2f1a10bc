"""One shard, packed; or found whole."""

from __future__ import annotations

from collections.abc import Callable

from gpu_im2rec.devices import Choice
from gpu_im2rec.packing import Progress, pack
from gpu_im2rec.packing.finished import read_report
from gpu_im2rec.sharding.task import ShardResult, ShardTask


def pack_shard(
    task: ShardTask, tell: Callable[[Progress], None] | None = None, device: Choice | None = None
) -> ShardResult:
    """Pack the shard of ``task``, go on with it, or find that it is whole already. Raises what `pack` raises.

    ``device`` is the engine, if it was chosen already.
    """
    report = pack(task.list_path, task.root, task.out, task.options, progress=tell, device=device)
    number = task.options.part.number if task.options.part else 0
    return ShardResult(number, read_report(report.rec), report.was_there)
