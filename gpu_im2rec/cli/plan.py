"""`gpu-im2rec plan`."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gpu_im2rec.cli import options as option
from gpu_im2rec.cli.output import JsonOption, command, say, show_columns, show_json, show_table
from gpu_im2rec.errors import UsageError
from gpu_im2rec.units import duration, parse_size, percent, size

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
    from gpu_im2rec.transcode import TranscodeSpec  # noqa: PLC0415

    if shards is not None and shard_size:
        raise UsageError("give either --shards or --shard-size")
    numbers = _numbers(machines)
    limit = parse_size(storage.removesuffix("/s")) if storage else None
    spec = TranscodeSpec(
        resize=resize, center_crop=center_crop, interp=interp, encoding=encoding, quality=quality,
        pass_through=pass_through,
    )  # fmt: skip
    options = packing.PackOptions(transcode=spec, device=device, workers=workers, read_threads=read_threads)
    say("packing a sample …")
    with tempfile.TemporaryDirectory(prefix="gpu-im2rec-plan-", dir=_folder(out)) as folder:
        measured = measuring.measure(list_path, root, folder, options)
    reckoned = plan.plan(
        measured, numbers, shards=shards, shard_bytes=parse_size(shard_size) if shard_size else None, storage=limit
    )
    show_json(reckoned.to_dict()) if as_json else _show(reckoned)
    return 0


def _numbers(text: str) -> list[int]:
    """[1, 8] for "1,8"."""
    if not re.fullmatch(r"\d{1,6}(,\d{1,6})*", text, re.ASCII):
        raise UsageError(f"--machines must be numbers such as 1,8,64, not {text!r}")
    return [int(number) for number in text.split(",")]


def _folder(out: str) -> Path | None:
    """Where the sample is packed: where the output goes, if that is a folder of this machine."""
    folder = Path(out).parent
    return folder if folder.is_dir() else None


def _show(plan: Plan) -> None:
    measured = plan.measured
    if measured.note:
        say(measured.note)
    skipped = f", {measured.skipped} of them cannot be packed" if measured.skipped else ""
    engine = measured.engine + (f", {measured.workers} workers" if measured.engine == "cpu" else "")
    bound = "reading bounds it; try --read-threads" if measured.read < measured.packed else ""
    show_table(
        [
            ("pictures", f"{measured.pictures:,} lines of the list; {measured.sampled:,} were looked at{skipped}"),
            ("files", f"{size(plan.bytes_in)}, {size(measured.file_bytes)} each"),
            ("records", f"{size(plan.bytes_out)}, {size(measured.record_bytes)} each"),
            ("one machine", f"{measured.rate:,.0f} pictures/s ({engine})"),
            ("reading alone", f"{measured.read:,.0f} pictures/s" + (f": {bound}" if bound else "")),
            ("the driver", f"{duration(measured.cut)} to cut the list, {duration(measured.gather)} to gather indices"),
        ]
    )
    print()
    show_columns(_HEAD, [*map(_cells, plan.rows)])
    print()
    print("\n".join(_explained(plan)))


_HEAD = ("machines", "shards", "pictures", "time", "speedup", "reads/s", "writes/s", "files/s", "")


def _cells(row: Row) -> tuple[str, ...]:
    remarks = [f"bound by the {row.limit}"] if row.limit != "machines" else []
    if row.idle > 0.05:
        remarks.append(f"{percent(row.idle)} idle")
    return (
        f"{row.machines:,}", f"{row.shards:,}", f"{row.pictures:,.0f}", duration(row.seconds), f"{row.speedup:,.1f}",
        size(row.reads), size(row.writes), f"{row.files:,.0f}", ", ".join(remarks),
    )  # fmt: skip


def _explained(plan: Plan) -> list[str]:
    storage = "Not known either: what the storage can give; say it with --storage 10GB/s."
    if plan.storage:
        storage = f"The storage is said to give {size(plan.storage)}/s: enough for {plan.enough_for:,} machines."
    return [
        f"Measured: the sample, on this machine, now. Reckoned: the rest, for machines like it; {_SCALE} says how.",
        "reads, writes and files a second: what all machines ask for at full speed; a file is a request.",
        "Not known: how long it takes until machines are there, and who else uses the storage.",
        storage,
    ]
