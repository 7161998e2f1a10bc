"""How far a set of shards is, summed up; and whether too much of it has failed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from gpu_im2rec.errors import TooManyFailuresError
from gpu_im2rec.packing import FailureLimit, Part, Progress
from gpu_im2rec.packing.pace import Pace
from gpu_im2rec.sharding.task import ShardResult


class Tally:
    """Sums up what shards tell, and holds the failures of all together against ``limit``."""

    def __init__(
        self, parts: Sequence[Part], limit: FailureLimit, progress: Callable[[Progress], None] | None, seconds: float
    ) -> None:
        """``seconds``: what earlier runs took, which this one goes on with."""
        self.total = sum(part.cut.lines for part in parts if part.cut)
        self.whole = 0  # shards
        self._shards = len(parts)
        self._pace = Pace()
        self._earlier = seconds
        self._limit = limit
        self._progress = progress
        self._last: dict[int, Progress] = {}
        self._started = time.perf_counter()

    @property
    def seconds(self) -> float:
        """That the set took so far."""
        return self._earlier + time.perf_counter() - self._started

    def pace(self) -> list[tuple[float, int]]:
        """Seconds, and lines of the list done by then."""
        return self._pace.ended(self.seconds, sum(one.lines for one in self._last.values()))

    def tell(self, number: int, progress: Progress) -> None:
        """How far the shard is. Raises TooManyFailuresError."""
        self._last[number] = progress
        self._look(progress)

    def add(self, result: ShardResult) -> None:
        """It is whole. Raises TooManyFailuresError."""
        said = result.report["result"]
        lines = int(result.report["list_lines"][1])
        self._last[result.number] = Progress(
            lines, lines, said["packed"], said["failed"], said["bytes_in"], said["bytes_out"], said["seconds"]
        )
        self.whole += 1
        self._look(None)

    def _look(self, latest: Progress | None) -> None:
        each = self._last.values()
        now = Progress(
            lines=sum(one.lines for one in each),
            total=self.total,
            packed=sum(one.packed for one in each),
            failed=sum(one.failed for one in each),
            bytes_in=sum(one.bytes_in for one in each),
            bytes_out=sum(one.bytes_out for one in each),
            seconds=self.seconds,
            stages=latest.stages if latest else None,
            shards=(self.whole, len(self._last) - self.whole, self._shards),
        )
        self._pace.add(now.seconds, now.lines)
        if not self._limit.allows(now.failed, self.total):
            raise TooManyFailuresError(f"{now.failed} pictures failed, {self._limit} may")
        if self._progress:
            self._progress(now)
