"""Which record comes when, and what chance does to it: pure functions, the same on every machine.

They build on NumPy's bit generators alone, whose streams NumPy promises never to change; its ``permutation`` may.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.errors import RecordError, UsageError

Numbers = NDArray[np.int64]  # of records, from 0

_STEP = np.uint64(0x9E3779B97F4A7C15)  # splitmix64's


class Order:
    """The order of ``count`` records in each epoch, or of part ``part`` of ``parts``.

    Every record is in exactly one part, and their lengths differ by one at most. With a ``seed`` the order is shuffled
    before it is divided: a part has other records in each epoch. Without one it is the records' own.
    """

    def __init__(self, count: int, seed: int | None, part: int = 0, parts: int = 1) -> None:
        """Raises UsageError for a part or a seed that cannot be, RecordError where a part would be empty."""
        check_part(part, parts)
        check_seed(seed or 0)
        if count < parts:
            raise RecordError(f"{count:,} records cannot be divided into {parts:,} parts; take fewer")
        self._count, self._seed = count, seed
        self._span = slice(count * part // parts, count * (part + 1) // parts)
        self.longest = -(-count // parts)  # records of the longest part

    def __len__(self) -> int:
        return self._span.stop - self._span.start

    def numbers(self, epoch: int) -> Numbers:
        """(n,) the records of this part, in the order of ``epoch``. 16 bytes a record of all parts, for a moment."""
        if self._seed is None:
            return np.arange(self._span.start, self._span.stop)
        chance = np.random.PCG64(np.random.SeedSequence([self._seed, epoch])).random_raw(self._count)
        return np.argsort(chance, kind="stable")[self._span].copy()


def check_part(part: int, parts: int) -> None:
    """Raise UsageError where there is no part ``part`` of ``parts``."""
    if not 0 <= part < parts:
        raise UsageError(f"there is no part_index {part} of num_parts {parts}: parts count from 0")


def check_seed(seed: int) -> None:
    """Raise UsageError where ``seed`` is none."""
    if not 0 <= seed < 1 << 63:
        raise UsageError(f"seed must be 0 … 2^63-1, not {seed}")


def batch_of(numbers: Numbers, start: int, size: int) -> tuple[Numbers, int]:
    """``size`` of ``numbers`` from place ``start`` on, and how many of them stand there for want of others.

    Those come from the beginning, again and again if need be.
    """
    pad = min(max(start + size - len(numbers), 0), size)
    return numbers[np.arange(start, start + size) % len(numbers)], pad


def chances(seed: int, epoch: int, numbers: Numbers, draws: int) -> NDArray[np.float64]:
    """(n, draws) values x, 0 ≤ x < 1, for each of ``numbers`` ≥ 0 in this epoch, whatever others are asked for."""
    (key,) = np.random.SeedSequence([seed, epoch, 1]).generate_state(1, np.uint64)
    counter = numbers[:, None].astype(np.uint64) * np.uint64(draws) + np.arange(draws, dtype=np.uint64)
    return (_mixed(key + _STEP * counter) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _mixed(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """splitmix64's output function (Steele, Lea, Flood 2014): every bit depends on every bit. Arrays wrap silently."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))
