"""What docs/scale.md reckons from the suite `pack`, for machines of two cores: time, traffic, prices."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

from benchmarks.results import Suite, grid
from gpu_im2rec.cluster.measuring import Measured
from gpu_im2rec.cluster.plan import SHARD_BYTES, plan
from gpu_im2rec.units import duration, size

CORES = 2
TABLE, PACKER, ALONE = "500x375", "ours, 2 workers", "ours, 1 worker"
FILE, RECORD = 92_000, 36_000  # bytes of a picture of that table, and of its record
_CUT, _GATHER = 45e-9, 0.5e-6  # seconds of a line, of a record
_MACHINES = (1, 8, 64, 1024)
_LISTS = {
    "ImageNet-1k": (1_281_167, "1,281,167 pictures"),
    "ImageNet-21k": (14_197_122, "14,197,122 pictures"),
    "As many as LAION has": (5_000_000_000, "5 billion pictures, taken to be of the same size"),
}
_HOUR, _GET = 0.04, 0.0004 / 1000  # dollars: of a core, of a request
_SERVER, _PREFIX = 10e9, 5_500  # what a quick file server gives, bytes a second; what S3 gives, requests


def lists(tables: Suite) -> str:
    """What it rests on, and a table for each list."""
    rate, gain = _rate(tables), median(tables[TABLE].against(PACKER, ALONE))
    rests = f"""\
Reckoned by the same code for machines of two cores such as that of the [benchmarks](../benchmarks/README.md): {rate:,}
pictures of {TABLE} a second (two workers, files in the page cache), {_kilo(FILE)} read and {_kilo(RECORD)} written for
each with `--resize 256`, 45 ns to cut a line, 0.5 µs to gather a record. **The storage is taken to give whatever is
asked of it**: the columns say what that would be. A machine of 32 cores would be 16 of these, if cores add up; from one
to two they gave {gain:.1f}."""
    return "\n\n".join([rests, *(_list(name, rate) for name in _LISTS)])


def costs(tables: Suite) -> str:
    """Of a million pictures: time of cores, and prices."""
    core, million = _rate(tables) / CORES, 1_000_000
    hours = million / core / 3600
    work, requests = hours * _HOUR, million * _GET
    rows = [
        ["core-hours", f"1,000,000 ÷ {core:,.0f} a second and core ÷ 3600", f"{hours:.2f}"],
        ["their price", f"{hours:.2f} at {_HOUR} $ (assumed: an hour of a rented core)", f"{work:.2f} $"],
        [
            "requests, from S3",
            "1,000,000 at 0.0004 $ a thousand (assumed: S3's price of GET)",
            f"{requests:.2f} $",
        ],
    ]
    return f"""{grid(["of a million pictures", "arithmetic", ""], rows)}

So out of a bucket the requests cost {requests / work:.0f} times what the processors do, and 5 billion pictures cost
{5000 * work:,.0f} $ of processors and {5000 * requests:,.0f} $ of requests."""


def cores(tables: Suite) -> str:
    """What a core at work asks of a storage, and how many of them one is enough for."""
    rate = _rate(tables)
    core = rate / CORES
    reads, writes = core * FILE, core * RECORD
    half = SHARD_BYTES / 2 / RECORD / rate
    rows = [
        ["a core reads", f"{core:,.0f} pictures of {_kilo(FILE)}", f"{size(reads)} a second"],
        ["a core writes", f"{core:,.0f} records of {_kilo(RECORD)}", f"{size(writes)} a second"],
        ["10 GB/s are enough for", f"10 GB ÷ {size(reads + writes)}", f"{_SERVER / (reads + writes):,.0f} cores"],
        ["a prefix of S3 is enough for", f"{_PREFIX:,} GET ÷ {core:,.0f}", f"{_PREFIX / core:,.0f} cores"],
        ["1,024 machines need", f"1,024 of {rate:,} ÷ {_PREFIX:,} GET", f"{1024 * rate / _PREFIX:,.0f} prefixes"],
        ["two cores pack half a shard in", f"0.5 GiB ÷ {_kilo(RECORD)} ÷ {rate:,}", duration(half)],
    ]
    return grid(["at full speed", "arithmetic", ""], rows)


PARTS: dict[str, Callable[[Suite], str]] = {"lists": lists, "costs": costs, "cores": cores}


def _rate(tables: Suite) -> int:
    """Pictures a second of a machine."""
    return round(median(tables[TABLE].values(PACKER)))


def _kilo(count: int) -> str:
    return f"{count / 1000:.0f} kB"


def _list(name: str, rate: int) -> str:
    pictures, words = _LISTS[name]
    machine = Measured(
        pictures=pictures, sampled=512, skipped=0, file_bytes=FILE, record_bytes=RECORD, read=1e9, packed=rate,
        cut=pictures * _CUT, gather=pictures * _GATHER, engine="cpu", workers=CORES, note="",
    )  # fmt: skip
    rows = [
        [
            f"{row.machines:,}", f"{row.shards:,}", duration(row.seconds), f"{row.speedup:,.1f}", size(row.reads),
            size(row.writes), f"{row.files:,.0f}",
        ]
        for row in plan(machine, _MACHINES).rows
    ]  # fmt: skip
    head = ["machines", "shards", "time", "speedup", "reads/s", "writes/s", "files/s"]
    read, written = (size(pictures * each).replace(".00", "") for each in (FILE, RECORD))
    return f"**{name}**, {words}, {read} in, {written} out:\n\n{grid(head, rows)}"
