"""How far a set of shards is, summed up; and whether too much of it has failed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from gpu_im2rec.errors import TooManyFailuresError
from gpu_im2rec.packing import FailureLimit, Part, Progress
from gpu_im2rec.packing.pace import Pace
from gpu_im2rec.packing.source_sizes import SourceSizes
from gpu_im2rec.packing.stages import Stages
from gpu_im2rec.sharding.task import ShardResult

_NOT_KEPT = ("machine", "options", "source_sizes")  # of each shard's report, of which there may be very many

_Counts = tuple[int, int, int, int, int]  # lines, packed, failed, bytes in, bytes out


class Tally:
    """Sums up what shards tell, and holds the failures of all together against ``limit``."""

    def __init__(
        self, parts: Sequence[Part], limit: FailureLimit, progress: Callable[[Progress], None] | None, seconds: float
    ) -> None:
        """``seconds``: what earlier runs took, which this one goes on with."""
        self.total = sum(part.cut.lines for part in parts if part.cut)
        self.sizes = SourceSizes()  # of the pictures of all shards that are whole
        self._shards = len(parts)
        self._whole = 0
        self._counts: _Counts = (0, 0, 0, 0, 0)  # of all shards together
        self._working: dict[int, Progress] = {}
        self._stages_before: Stages | None = None  # of shards that were packed before the one at work
        self._pace = Pace()
        self._earlier = seconds
        self._limit = limit
        self._progress = progress
        self._started = time.perf_counter()

    @property
    def seconds(self) -> float:
        """That the set took so far."""
        return self._earlier + time.perf_counter() - self._started

    def pace(self) -> list[tuple[float, int]]:
        """Seconds, and lines of the list done by then."""
        return self._pace.ended(self.seconds, self._counts[0])

    def tell(self, number: int, progress: Progress) -> None:
        """How far the shard is. Raises TooManyFailuresError."""
        self._count(_counts(progress), number)
        self._working[number] = progress
        self._look(self._stages(progress), progress.failed)

    def add(self, result: ShardResult) -> ShardResult:
        """It is whole → what need be kept of it. Raises TooManyFailuresError."""
        said, lines = result.report["result"], result.report["list_lines"][1]
        self._count((lines, said["packed"], said["failed"], said["bytes_in"], said["bytes_out"]), result.number)
        last = self._working.pop(result.number, None)
        self._stages_before = self._stages(last) if last else self._stages_before
        self._whole += 1
        self.sizes.add_told(result.report["source_sizes"])
        self._look(None)
        kept = {name: value for name, value in result.report.items() if name not in _NOT_KEPT}
        return replace(result, report=kept | {"pace": kept["pace"][-1:]})

    def _count(self, now: _Counts, number: int) -> None:
        before = self._working.get(number)
        changes = zip(self._counts, now, _counts(before) if before else (0, 0, 0, 0, 0), strict=True)
        lines, packed, failed, bytes_in, bytes_out = (total + new - old for total, new, old in changes)
        self._counts = lines, packed, failed, bytes_in, bytes_out

    def _stages(self, progress: Progress) -> Stages | None:
        """Of all that one process packed so far; None where several are at work."""
        if len(self._working) > 1 or not progress.stages:
            return None
        return progress.stages.after(self._stages_before) if self._stages_before else progress.stages

    def _look(self, stages: Stages | None, failed_here: int = 0) -> None:
        lines, packed, failed, bytes_in, bytes_out = self._counts
        shards = (self._whole, len(self._working), self._shards)
        now = Progress(lines, self.total, packed, failed, bytes_in, bytes_out, self.seconds, stages, shards)
        self._pace.add(now.seconds, lines)
        if not self._limit.allows(failed, self.total) and self._limit.allows(failed_here, self.total):
            # where one shard has too many alone, its own run ends for it, and names the picture
            raise TooManyFailuresError(f"{failed} pictures failed, {self._limit} may")
        if self._progress:
            self._progress(now)


def _counts(progress: Progress) -> _Counts:
    return progress.lines, progress.packed, progress.failed, progress.bytes_in, progress.bytes_out
