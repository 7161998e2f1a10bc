"""A shard that is tried again where it was the machine's fault, and not where it would fail anywhere."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from gpu_im2rec.errors import OutputBusyError, StalledError, StorageError
from gpu_im2rec.packing.part import Part
from gpu_im2rec.sharding.task import ShardTask

MOST = 3  # attempts at a shard
PAUSE_SECONDS = 2.0  # before the second attempt; before the third twice that
BUSY_SECONDS = 150.0  # that the lock of a lost process may outlive it, on a machine that cannot be reached


class LostError(Exception):
    """The process or the machine of a task is gone."""


def may_pass(error: Exception) -> bool:
    """Whether another attempt at the same may end otherwise."""
    return isinstance(error, LostError | StorageError | StalledError | OSError | MemoryError)


@dataclass(slots=True)
class Shard:
    """A task on its way, and what became of it so far."""

    task: ShardTask
    attempt: int = 1
    node: str = ""  # that the attempt runs on, once it is known
    name: str = ""
    last_words: Exception | None = None
    failures: list[str] = field(default_factory=list)  # of earlier attempts, with the machine's name
    avoided: set[str] = field(default_factory=set)  # nodes on which it failed
    due: float = 0.0  # when to try again, by the monotonic clock
    busy_until: float = 0.0  # until when another run may hold it

    @property
    def part(self) -> Part:
        """Which of how many."""
        part = self.task.options.part
        assert part, "a task without a part is no shard"
        return part

    @property
    def number(self) -> int:
        """Of the shard."""
        return self.part.number

    def next_task(self) -> ShardTask:
        """What the next attempt does: it goes on with what earlier ones left."""
        if self.attempt == 1:
            return self.task
        return replace(self.task, options=replace(self.task.options, resume=True))

    def failed(self, error: Exception, now: float) -> bool:
        """Note it down; whether there will be another attempt, at ``due``."""
        if isinstance(error, OutputBusyError):
            self.busy_until = self.busy_until or now + BUSY_SECONDS
            self.due = now + PAUSE_SECONDS
            return now < self.busy_until
        self.busy_until = 0.0
        self.failures.append(f"{self.name or 'unknown machine'}: {first_line(error)}")
        if self.node:
            self.avoided.add(self.node)
        if not may_pass(error) or self.attempt == MOST:
            return False
        self.due = now + PAUSE_SECONDS * self.attempt
        self.attempt += 1
        self.node = self.name = ""
        self.last_words = None
        return True

    def __str__(self) -> str:
        return f"shard {self.number} of {self.part.count}"


def first_line(error: Exception) -> str:
    """What it says, briefly."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error).strip().split("\n", 1)[0] or type(error).__name__
