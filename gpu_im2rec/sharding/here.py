"""Shards packed by this process, one after the other, each with all that the machine has."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import partial

from gpu_im2rec.packing import choose_engine
from gpu_im2rec.sharding.one import pack_shard
from gpu_im2rec.sharding.task import ShardResult, ShardTask, Tell


def pack_here(tasks: Sequence[ShardTask], tell: Tell) -> Generator[ShardResult, None, None]:
    """A ``Runner``. All shards share one engine."""
    device = choose_engine(tasks[0].options)
    for number, task in enumerate(tasks):
        yield pack_shard(task, partial(tell, number), device)
