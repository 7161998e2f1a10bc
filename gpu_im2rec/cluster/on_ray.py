"""Shards packed on a Ray cluster: a task each, tried again where its machine fails."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from gpu_im2rec.cluster.attempts import Shard
from gpu_im2rec.cluster.connection import check_cluster, connected
from gpu_im2rec.cluster.run import Run
from gpu_im2rec.cluster.sharing import machines_of, shared_out
from gpu_im2rec.errors import ClusterError
from gpu_im2rec.sharding.task import ShardResult, ShardTask, Tell


@dataclass(frozen=True, slots=True)
class OnRay:
    """A ``Runner``. ``cluster`` is "ray", which finds a cluster or starts one, or "ray://host:port", a Ray client's.

    ``notice`` is called with what a person should know: that a shard is tried again, and why. Raises UsageError on
    construction for another word, or where Ray is not installed.
    """

    cluster: str
    notice: Callable[[str], None]

    def __post_init__(self) -> None:
        check_cluster(self.cluster)

    def __call__(self, tasks: Sequence[ShardTask], tell: Tell) -> Generator[ShardResult, None, None]:
        """Each task's result as it comes. Raises what `pack` raises, ClusterError, and whatever ``tell`` raises.

        However it ends, what still runs is told to end, and leaves what `--resume` goes on with.
        """
        if not tasks:
            return
        with connected(self.cluster, self.notice) as ray:
            options, needs = shared_out(tasks[0].options, len(tasks), machines_of(ray.nodes()))
            shards = (Shard(replace(task, options=replace(options, part=task.options.part))) for task in tasks)
            with closing(Run(ray, shards, needs, options.stall_timeout, self.notice)) as run:
                try:
                    yield from run.results(tell)
                except ConnectionError as error:
                    raise ClusterError(f"the connection to the cluster was lost: {error}") from error
