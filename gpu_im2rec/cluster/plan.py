"""What so and so many machines would do with a list: reckoned from what one does, and from what the storage gives.

The model: time = cutting + max(rounds x time of a shard, bytes / storage) + gathering. Each machine packs one shard at
a time, as quickly as the one that was measured; the storage gives all of them together what it gives, and no more;
cutting the list and gathering the indices is one machine's work, however many there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gpu_im2rec.cluster.measuring import Measured
from gpu_im2rec.errors import UsageError
from gpu_im2rec.sharding.sizing import MOST, Cut

SHARD_BYTES = 1 << 30  # that a shard should be about: quick to copy, to shuffle, to pack once more
_A_MACHINE = 4  # shards, at least: a lost machine costs a quarter of its work, and a slow one holds up nobody for long
_FEWEST = 1000  # pictures a shard: below it, starting and naming shards takes longer than packing them


@dataclass(frozen=True, slots=True)
class Row:
    """So many machines. Rates a second, of all machines together, while they all work at full speed."""

    machines: int
    shards: int
    pictures: float  # a shard
    seconds: float  # from the list to the manifest
    reads: float  # bytes
    writes: float  # bytes
    files: float  # opened and read, each of them a request
    idle: float  # share of the machines' time without work: the last round, or more machines than shards
    limit: str  # what keeps it from being quicker: "machines", "storage", or "driver", the one that cuts and gathers
    speedup: float  # times as quick as one machine


@dataclass(frozen=True, slots=True)
class Plan:
    """Rows, and what they rest on. Sizes in bytes."""

    measured: Measured
    storage: int | None  # bytes a second that it gives and takes, all machines together; None: no limit is known
    rows: tuple[Row, ...]

    @property
    def bytes_in(self) -> int:
        """Of all files."""
        return round(self.measured.pictures * self.measured.file_bytes)

    @property
    def bytes_out(self) -> int:
        """Of all records."""
        return records_bytes(self.measured)

    @property
    def enough_for(self) -> int | None:
        """Machines at full speed that the storage is enough for; None where its limit is not known."""
        if self.storage is None:
            return None
        return int(self.storage * self.measured.pictures / (self.measured.rate * (self.bytes_in + self.bytes_out)))

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        totals = {"bytes_in": self.bytes_in, "bytes_out": self.bytes_out, "enough_for": self.enough_for}
        return asdict(self) | totals


def plan(measured: Measured, machines: Sequence[int], *, cut: Cut | None = None, storage: int | None = None) -> Plan:
    """A row for each number of machines; without ``cut``, cut as is good for so many. Raises UsageError."""
    if any(number < 1 for number in machines):
        raise UsageError(f"there are 1 or more machines, not {min(machines)}")
    shards = cut and _shards(measured, cut)
    alone = _seconds(measured, 1, 1, storage)

    def row(number: int) -> Row:
        return _row(measured, number, shards or advised_shards(measured, number), storage, alone)

    return Plan(measured, storage, tuple(map(row, machines)))


def _shards(measured: Measured, cut: Cut) -> int:
    if cut.count and cut.count > measured.pictures:
        raise UsageError(f"the list has {measured.pictures:,} lines, fewer than {cut.count:,} shards; use fewer")
    return cut.count or cut.of_size(records_bytes(measured), measured.pictures)


def advised_shards(measured: Measured, machines: int) -> int:
    """As many for each machine: 4 or more, of 1 GiB or less, but of 1,000 pictures or more; 99,999 at most."""
    by_size = -(-records_bytes(measured) // (SHARD_BYTES * machines))
    most = min(MOST, max(1, measured.pictures // _FEWEST))
    each = min(max(_A_MACHINE, by_size), most // machines)
    return each * machines or most


def records_bytes(measured: Measured) -> int:
    """Of all records."""
    return round(measured.pictures * measured.good * measured.record_bytes)


def _row(measured: Measured, machines: int, shards: int, storage: int | None, alone: float) -> Row:
    busy = min(machines, shards)
    rate = busy * measured.rate
    seconds = _seconds(measured, machines, shards, storage)
    serial = measured.cut + measured.gather
    packing = _packing(measured, machines, shards)
    at_storage = _at_storage(measured, storage)
    limit = "storage" if at_storage > packing else "machines"
    if serial > max(packing, at_storage):
        limit = "driver"
    return Row(
        machines=machines,
        shards=shards,
        pictures=measured.pictures / shards,
        seconds=seconds,
        reads=rate * measured.file_bytes,
        writes=rate * measured.good * measured.record_bytes,
        files=rate,
        idle=1 - shards / (machines * _rounds(machines, shards)),
        limit=limit,
        speedup=alone / seconds,
    )


def _seconds(measured: Measured, machines: int, shards: int, storage: int | None) -> float:
    work = max(_packing(measured, machines, shards), _at_storage(measured, storage))
    return measured.cut + work + measured.gather


def _packing(measured: Measured, machines: int, shards: int) -> float:
    """Seconds that the busiest machine packs."""
    return _rounds(machines, shards) * measured.pictures / shards / measured.rate


def _at_storage(measured: Measured, storage: int | None) -> float:
    """Seconds that the storage takes to give all files and to take all records."""
    moved = measured.pictures * measured.file_bytes + records_bytes(measured)
    return moved / storage if storage else 0.0


def _rounds(machines: int, shards: int) -> int:
    return -(-shards // machines)
