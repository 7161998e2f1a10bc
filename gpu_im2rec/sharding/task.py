"""One shard as a piece of work: small enough to be sent to another machine, whole enough to be done there alone."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gpu_im2rec.packing import PackOptions, Progress


@dataclass(frozen=True, slots=True)
class ShardTask:
    """What `pack_shard` needs. List, root and output are absolute paths or URLs."""

    list_path: str
    root: str
    out: str  # of the whole set; the shard's own name follows from the part
    options: PackOptions  # with the part, whose span is known


@dataclass(frozen=True, slots=True)
class ShardResult:
    """A shard that is whole, under the name that it has until all are."""

    number: int
    report: dict[str, Any]  # what its ``.report.json`` holds
    was_there: bool = False  # an earlier run had finished it
    where: str = ""  # the machine that packed it in this run; empty: this one, or where it was there
    attempts: int = 1


Tell = Callable[[int, Progress], None]  # the shard's number, and how far it is; from the thread that runs the runner


class Runner(Protocol):
    """What gets tasks done, on this machine or on others."""

    def __call__(self, tasks: Sequence[ShardTask], tell: Tell) -> Generator[ShardResult, None, None]:
        """Each task's result as it comes, in any order; closing it ends the work.

        Raises what `pack` raises; what was finished stays.
        """
        ...
