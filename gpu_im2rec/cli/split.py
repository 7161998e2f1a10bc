"""`gpu-im2rec split`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from gpu_im2rec.cli.output import JsonOption, command, show_json, show_table
from gpu_im2rec.units import parse_size, size


@command
def split(
    rec: Annotated[Path, typer.Argument(metavar="REC", help="The .rec file to read; it is not changed.")],
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="OUT.rec: the shards are OUT-00000-of-00004.rec and so on.")
    ],
    shards: Annotated[int | None, typer.Option(metavar="N", help="So many, of as many records each.")] = None,
    shard_size: Annotated[
        str | None, typer.Option(metavar="SIZE", help="As many as it takes for none to be larger, such as 1GiB.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing set.")] = False,
    as_json: Annotated[bool, JsonOption] = False,
) -> None:
    """Cut a .rec file into a set of shards, with a manifest and DALI's index; no picture is touched."""
    from gpu_im2rec import sharding  # noqa: PLC0415 (loads numpy)
    from gpu_im2rec.cli import steps  # noqa: PLC0415
    from gpu_im2rec.inspection import Step  # noqa: PLC0415

    cut = sharding.Cut(shards, parse_size(shard_size) if shard_size else None)
    with steps.shown() as tell:
        report = sharding.split(
            rec, out, cut, overwrite=overwrite, progress=lambda done, total: tell(Step(done, total, "bytes"))
        )
    show_json(report.to_dict()) if as_json else _show(report)


def _show(report: Any) -> None:
    sizes = dict.fromkeys([size(report.smallest), size(report.largest)])  # or one
    show_table(
        [
            ("shards", f"{report.shards:,} of {' … '.join(sizes)}"),
            ("records", f"{report.records:,}, {size(report.bytes)}"),
            ("manifest", str(report.manifest)),
            ("index", f"{report.idx}, of all shards, for DALI"),
            ("checksums", "of each shard" if report.checksums else ""),
        ]
    )
