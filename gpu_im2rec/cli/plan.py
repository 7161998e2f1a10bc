"""`gpu-im2rec plan`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from gpu_im2rec.cli import options as option
from gpu_im2rec.cli.output import JsonOption, command, say, show_columns, show_json, show_table
from gpu_im2rec.errors import UsageError
from gpu_im2rec.units import counted, duration, parse_size, percent, size

if TYPE_CHECKING:
    from gpu_im2rec.cluster.plan import Plan, Row

_SCALE = "docs/scale.md"


@command
def plan(
    list_path: option.ListPath,
    root: option.Root,
    out: option.Out,
    machines: Annotated[str, typer.Option(metavar="N,N,…", help="Numbers of machines to reckon for.")] = "1,8,64,1024",
    storage: Annotated[
        str | None,
        typer.Option(metavar="10GB/s", help="What the storage gives and takes a second, all machines together."),
    ] = None,
    shards: option.Shards = None,
    shard_size: option.ShardSize = None,
    resize: option.Resize = 0,
    center_crop: option.CenterCrop = False,
    interp: option.Interp = "antialias",
    encoding: option.Encoding = "jpg",
    quality: option.Quality = 95,
    pass_through: option.PassThrough = False,
    device: option.Device = "auto",
    workers: option.Workers = None,
    read_threads: option.ReadThreads = None,
    as_json: Annotated[bool, JsonOption] = False,
) -> int:
    """Say what many machines would make of a list: how long, how many shards, what the storage must give.

    A sample of the pictures is packed on this machine, which stands for all of them; nothing is left behind.
    """
    from gpu_im2rec import packing  # noqa: PLC0415 (loads numpy)
    from gpu_im2rec.cluster import measuring, plan  # noqa: PLC0415
    from gpu_im2rec.sharding import Cut  # noqa: PLC0415
    from gpu_im2rec.transcode import TranscodeSpec  # noqa: PLC0415

    numbers = _numbers(machines)
    is_cut = shards is not None or bool(shard_size)
    cut = Cut(shards, parse_size(shard_size) if shard_size else None) if is_cut else None
    limit = _rate(storage) if storage else None
    spec = TranscodeSpec(
        resize=resize, center_crop=center_crop, interp=interp, encoding=encoding, quality=quality,
        pass_through=pass_through,
    )  # fmt: skip
    options = packing.PackOptions(transcode=spec, device=device, workers=workers, read_threads=read_threads)
    say("packing a sample …")
    measured = measuring.measure(list_path, root, out, options)
    reckoned = plan.plan(measured, numbers, cut=cut, storage=limit)
    show_json(reckoned.to_dict()) if as_json else _show(reckoned, advises=not is_cut)
    return 0


def _numbers(text: str) -> list[int]:
    """[1, 8] for "1,8"."""
    if not re.fullmatch(r"\d{1,6}(,\d{1,6})*", text, re.ASCII):
        raise UsageError(f"--machines must be numbers such as 1,8,64, not {text!r}")
    return [int(number) for number in text.split(",")]


def _rate(text: str) -> int:
    """Bytes a second, from what people write: 10GB/s."""
    if re.search(r"[KMGTP]b", text):
        raise UsageError(f"--storage {text} looks like bits; write bytes, such as 1.25GB/s for ten gigabits")
    return parse_size(text.removesuffix("/s"))


def _show(plan: Plan, *, advises: bool) -> None:
    measured = plan.measured
    if measured.note:
        say(measured.note)
    skipped = f", {measured.skipped} of them cannot be packed" if measured.skipped else ""
    lines = counted(measured.pictures, "line")
    engine = measured.engine + (f", {counted(measured.workers, 'worker')}" if measured.engine == "cpu" else "")
    bound = "reading bounds it; try --read-threads" if measured.read < measured.packed else ""
    show_table(
        [
            ("pictures", f"{lines} of the list; {measured.sampled:,} were looked at{skipped}"),
            ("files", f"{size(plan.bytes_in)}, {size(measured.file_bytes)} each"),
            ("records", f"{size(plan.bytes_out)}, {size(measured.record_bytes)} each"),
            ("one machine", f"{measured.rate:,.0f} pictures/s ({engine})"),
            ("reading alone", f"{measured.read:,.0f} pictures/s" + (f": {bound}" if bound else "")),
            ("the driver", f"{duration(measured.cut)} to cut the list, {duration(measured.gather)} to gather indices"),
            ("shards", "4 a machine, or more to be of 1 GiB; of 1,000 pictures at least" if advises else ""),
        ]
    )
    print()
    show_columns(_HEAD, [*map(_cells, plan.rows)])
    print()
    print("\n".join([*filter(None, map(_remark, plan.rows)), *_explained(plan)]))


_HEAD = ("machines", "shards", "pictures", "time", "speedup", "reads/s", "writes/s", "files/s")


def _cells(row: Row) -> tuple[str, ...]:
    return (
        f"{row.machines:,}", f"{row.shards:,}", f"{row.pictures:,.0f}", duration(row.seconds), f"{row.speedup:,.1f}",
        size(row.reads), size(row.writes), f"{row.files:,.0f}",
    )  # fmt: skip


def _remark(row: Row) -> str:
    """What keeps so many machines from being so many times as quick; empty for nothing much."""
    remarks = []
    if row.limit == "storage":
        remarks.append("the storage bounds the run")
    if row.limit == "driver":
        remarks.append("cutting the list and gathering indices, by one machine, bounds the run")
    if row.idle > 0.05:
        remarks.append(f"{percent(row.idle)} of the machines' time there is no shard to pack")
    return f"{counted(row.machines, 'machine')}: {'; '.join(remarks)}" if remarks else ""


def _explained(plan: Plan) -> list[str]:
    if plan.storage:
        machines = counted(plan.enough_for or 0, "machine")
        storage = f"{size(plan.storage)}/s of storage, as you say, is enough for {machines}."
    else:
        storage = "What the storage can give is not known: say it with --storage 10GB/s."
    return [
        storage,
        "Measured: the sample, on this machine, now. Reckoned: the rest, for machines",
        f"like it; {_SCALE} says how. The last three columns are what they ask for",
        "while all of them work. Not known: when they are free, who else needs the",
        "storage.",
    ]
