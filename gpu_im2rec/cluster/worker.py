"""One shard, packed on the machine that a cluster chose for it."""

from __future__ import annotations

import os
import pickle
import socket
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from gpu_im2rec.cluster.remote import Board
from gpu_im2rec.errors import Abandoned, Im2recError, StalledError, UsageError
from gpu_im2rec.packing import Progress
from gpu_im2rec.sharding.one import pack_shard
from gpu_im2rec.sharding.task import ShardResult, ShardTask
from gpu_im2rec.storage import is_url

_SECONDS_TO_BE_HEARD = 5.0


@dataclass(frozen=True, slots=True)
class Assignment:
    """A task, and how it is to be done."""

    task: ShardTask
    attempt: int  # 1, 2 …
    tell_seconds: float  # at least so long between two words to the board


@dataclass(frozen=True, slots=True)
class Word:
    """What a task says: when it begins, now and then, and at last, if it cannot say it otherwise."""

    attempt: int
    node: str  # Ray's id of it
    name: str  # of the machine
    progress: Progress | None = None
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended; with neither result nor error, as it was told to."""

    node: str
    name: str
    result: ShardResult | None
    error: Exception | None


def work(pickled: bytes, board: Board) -> bytes:
    """Do an ``Assignment``; the pickled ``Outcome`` of it. Ends the process where threads of it may hang."""
    assignment: Assignment = pickle.loads(pickled)
    speaker = _Speaker(assignment, board)
    node, name = speaker.node, speaker.name
    try:
        speaker.say(wait=assignment.attempt > 1)  # where it runs matters most where an attempt has failed before
        _check_storage(assignment.task, name)
        result = pack_shard(assignment.task, speaker.progress)
        where = "" if result.was_there else name
        outcome = Outcome(node, name, replace(result, where=where, attempts=assignment.attempt), None)
    except StalledError as error:
        with suppress(KeyboardInterrupt):
            speaker.say(error=error, wait=True)
        os._exit(1)  # else what hangs would hold the shard's lock
    except Abandoned:
        os._exit(1)
    except KeyboardInterrupt:
        outcome = Outcome(node, name, None, None)
    except Exception as error:
        outcome = Outcome(node, name, None, _portable(error))
    return pickle.dumps(outcome)


class _Speaker:
    """Says things to the board, not too often, and hears there when to end; a board that is gone costs nothing."""

    def __init__(self, assignment: Assignment, board: Board) -> None:
        import ray  # noqa: PLC0415 (an extra)

        self.node: str = ray.get_runtime_context().get_node_id()
        self.name = socket.gethostname()
        self._ray, self._board, self._assignment = ray, board, assignment
        self._number = assignment.task.options.part.number if assignment.task.options.part else 0
        self._due = 0.0
        self._answer: Future[bool] | None = None

    def progress(self, progress: Progress) -> None:
        """To be called as often as one likes. Raises KeyboardInterrupt where the run is over."""
        self._heed(wait=0)
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + self._assignment.tell_seconds
            self.say(progress=progress)

    def say(self, *, progress: Progress | None = None, error: Exception | None = None, wait: bool = False) -> None:
        """``wait`` until it is heard. Raises KeyboardInterrupt where the run is over."""
        word = Word(self._assignment.attempt, self.node, self.name, progress, error)
        with suppress(self._ray.exceptions.RayError):
            self._answer = self._board.tell.remote(self._number, pickle.dumps(word)).future()
        if wait:
            self._heed(wait=_SECONDS_TO_BE_HEARD)

    def _heed(self, wait: float) -> None:
        """Through a future: while a task waits in Ray's own ``get``, Ray gives its cores to another one."""
        is_over = False
        with suppress(self._ray.exceptions.RayError, TimeoutError):
            is_over = self._answer is not None and self._answer.result(timeout=wait)
        if is_over:
            raise KeyboardInterrupt


def _check_storage(task: ShardTask, name: str) -> None:
    folder = os.path.dirname  # of a root that names only begin with, as im2rec's may
    root = task.root if task.options.dialect == "python" else folder(task.root)
    wanted: list[tuple[str, Callable[[str], bool]]] = [
        (task.list_path, os.path.isfile),
        (root, os.path.isdir),
        (folder(task.out), os.path.isdir),
    ]
    for path, is_there in wanted:
        if not is_url(path) and not is_there(path):
            raise UsageError(
                f"{path} is not there on {name}: list, pictures and output must lie where every machine of the "
                "cluster sees them under the same name, or be URLs"
            )


def _portable(error: Exception) -> Exception:
    """``error``, or what can be said of it, such that it may be pickled."""
    if not isinstance(error, Im2recError | OSError):
        error.add_note("".join(traceback.format_exception(error)))
    try:
        back: Any = pickle.loads(pickle.dumps(error))
        return error if type(back) is type(error) else RuntimeError(repr(error))
    except Exception:  # whatever its own pickling raises
        kind = OSError if isinstance(error, OSError) else RuntimeError
        return kind("".join(traceback.format_exception_only(error)).strip())
