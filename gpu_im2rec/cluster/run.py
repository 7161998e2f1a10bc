"""The tasks of one run on Ray: given out, heard, tried again, and ended."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from gpu_im2rec import __version__
from gpu_im2rec.cluster.attempts import BUSY_SECONDS, MOST, LostError, Shard, first_line, may_pass
from gpu_im2rec.cluster.board import Listener
from gpu_im2rec.cluster.remote import task_function
from gpu_im2rec.cluster.sharing import Machine, Needs, machines_of
from gpu_im2rec.cluster.silence import Silence
from gpu_im2rec.cluster.worker import Assignment, Outcome
from gpu_im2rec.errors import ClusterError, Im2recError, OutputBusyError, StalledError, UsageError
from gpu_im2rec.sharding.task import ShardResult, Tell

_LOOK_SECONDS = 0.25
_CENSUS_SECONDS = 5.0  # between two looks at the machines
_TELL_SECONDS = 0.5  # between two words of a task, at least
_MOST_TOLD = 1000  # words a second, of all tasks together
_LAST_WORDS_SECONDS = 1.0
_AHEAD = 4  # tasks that Ray is given for each that can run at a time; it is not given a hundred thousand
_SECONDS_TO_STOP = 40.0  # which is more than `pack` takes at most
_SECONDS_TO_BEGIN = 3.0  # in which a task says its first word, if it has a core


class Run:
    """All shards of a list, on the cluster that ``ray`` is connected to. To be closed, however it ends."""

    def __init__(
        self, ray: Any, shards: Iterator[Shard], needs: Needs, stall_timeout: float, notice: Callable[[str], None]
    ) -> None:
        self._ray, self._fresh, self._needs = ray, shards, needs
        self._stall_timeout, self._notice = stall_timeout, notice
        self._again: list[Shard] = []
        self._running: dict[Any, Shard] = {}
        self._machines: list[Machine] = []
        self._had_room = time.monotonic()
        self._silence = Silence(notice)
        self._counted = -_CENSUS_SECONDS
        self._function = ray.remote(num_cpus=needs.cpus, num_gpus=needs.gpus, max_retries=0)(task_function(__version__))
        self._listener = Listener(ray)

    def results(self, tell: Tell) -> Iterator[ShardResult]:
        """Each as it comes."""
        while self._submit():
            ended = self._wait()
            self._hear(tell)
            self._silence.explain(self._needs, self._machines)
            for task in ended:
                if result := self._settled(task, self._running.pop(task)):
                    yield result

    def close(self) -> None:
        """Let what still runs end such that it can be gone on with; at another Ctrl-C, or if it takes long, at once.

        Tasks are asked to end and not cancelled: Ray (2.60) brings the driver down if one completes at that moment.
        Those that wait for a core, and so do not hear it, are cancelled.
        """
        until = time.monotonic() + _SECONDS_TO_STOP
        with suppress(self._ray.exceptions.RayError, ConnectionError):
            try:
                self._silence.ends()
                while self._may_hear() and time.monotonic() < until:
                    self._listener.stop()
                    for task in self._wait():
                        del self._running[task]
                    self._hear()
            finally:
                for task in self._running:
                    self._ray.cancel(task, force=True)
                self._listener.close()

    def _submit(self) -> bool:
        """Give out what may be given out; whether there is anything left to wait for."""
        self._count_machines()
        now = time.monotonic()
        room = _AHEAD * max(1, self._needs.places(self._machines)) - len(self._running)
        for shard in [shard for shard in self._again if shard.due <= now]:
            self._again.remove(shard)
            self._start(shard)
            room -= 1
        while room > 0 and (fresh := next(self._fresh, None)):
            self._start(fresh)
            room -= 1
        return bool(self._running or self._again)

    def _start(self, shard: Shard) -> None:
        tasks = max(1, self._needs.places(self._machines))
        assignment = Assignment(shard.next_task(), shard.attempt, max(_TELL_SECONDS, tasks / _MOST_TOLD))
        function = self._function.options(name=str(shard), scheduling_strategy=self._place(shard))
        self._running[function.remote(pickle.dumps(assignment), self._listener.board)] = shard

    def _place(self, shard: Shard) -> Any:
        """All over the cluster; after a failure on another machine, if there is one."""
        others = [m for m in self._machines if m.node not in shard.avoided and self._needs.places([m])]
        if not shard.avoided or not others:
            return "SPREAD"
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: PLC0415 (an extra)

        return NodeAffinitySchedulingStrategy(others[shard.number % len(others)].node, soft=True)

    def _wait(self) -> list[Any]:
        """The tasks that have ended, a moment later.

        It sleeps for itself: of a signal that comes while Ray waits, Ray makes a Ctrl-C, whatever signal it was.
        """
        time.sleep(_LOOK_SECONDS)
        tasks = [*self._running]
        ended: list[Any] = self._ray.wait(tasks, num_returns=len(tasks), timeout=0)[0] if tasks else []
        if ended:
            self._silence.ends()
        return ended

    def _hear(self, tell: Tell | None = None, wait: float = 0.0) -> None:
        shards = {shard.number: shard for shard in self._running.values()}
        for number, word in self._listener.words(wait):
            shard = shards.get(number)
            self._silence.ends()
            if shard and shard.attempt == word.attempt:
                shard.node, shard.name = word.node, word.name
                shard.last_words = word.error or shard.last_words
                if word.progress and tell:
                    tell(number, word.progress)

    def _may_hear(self) -> bool:
        """Whether a task is at work, or may be soon."""
        is_at_work = any(shard.node for shard in self._running.values())
        return is_at_work or (bool(self._running) and self._silence.seconds < _SECONDS_TO_BEGIN)

    def _settled(self, task: Any, shard: Shard) -> ShardResult | None:
        """The result; None where the shard is to be tried again. Raises where that would not help."""
        outcome = self._outcome(task, shard)
        if isinstance(outcome, ShardResult):
            return outcome
        was_waiting = shard.busy_until
        where = f"{shard}, on {shard.name or 'an unknown machine'}"
        if shard.failed(outcome, time.monotonic()):
            self._again.append(shard)
            if not isinstance(outcome, OutputBusyError):
                self._notice(f"{where}: {first_line(outcome)}; attempt {shard.attempt} of {MOST} follows")
            elif not was_waiting:
                self._notice(f"{where}: {first_line(outcome)}; {BUSY_SECONDS:.0f} seconds are given to it")
            return None
        if may_pass(outcome):
            raise ClusterError(f"{shard} failed {MOST} times. {'; '.join(shard.failures)}") from outcome
        if isinstance(outcome, Im2recError):
            raise type(outcome)(f"{where}: {outcome}") from outcome
        raise outcome

    def _outcome(self, task: Any, shard: Shard) -> ShardResult | Exception:
        exceptions = self._ray.exceptions
        try:
            answer = self._ray.get(task)
        except (exceptions.RayTaskError, exceptions.RuntimeEnvSetupError) as error:
            return ClusterError(str(error))
        except exceptions.RayError as error:
            self._running[task] = shard
            for _ in range(2):  # the question that is on its way, and one behind it
                if not shard.node:
                    self._hear(wait=_LAST_WORDS_SECONDS)
            del self._running[task]
            return shard.last_words or LostError(self._in_words(error))
        if isinstance(answer, str):
            return UsageError(f"{answer}; all machines of the cluster need the same version")
        outcome: Outcome = pickle.loads(answer)
        shard.node, shard.name = outcome.node, outcome.name
        return outcome.result or outcome.error or LostError("no result came back")

    def _in_words(self, error: Exception) -> str:
        exceptions = self._ray.exceptions
        if isinstance(error, exceptions.OutOfMemoryError):
            return "Ray ended the process, as the machine's memory ran out"
        if isinstance(error, exceptions.WorkerCrashedError):
            return "the process died"
        if isinstance(error, exceptions.NodeDiedError | exceptions.LocalRayletDiedError):
            return "the machine is gone"
        return f"{type(error).__name__}: {first_line(error)}"

    def _count_machines(self) -> None:
        """Look at the cluster, now and then. Raises StalledError where for long no machine had what a task needs."""
        now = time.monotonic()
        if now - self._counted < _CENSUS_SECONDS:
            return
        self._counted, self._machines = now, machines_of(self._ray.nodes())
        if self._needs.places(self._machines):
            self._had_room = now
        elif self._stall_timeout and now - self._had_room > self._stall_timeout:
            raise StalledError(
                f"no machine of the cluster has {self._needs}, which a shard needs, and none came in "
                f"{self._stall_timeout:g} seconds (--stall-timeout); `ray status` shows what there is"
            )
