"""`gpu-im2rec index`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from gpu_im2rec.cli.output import JsonOption, command, show_json, show_table


@command
def index(
    rec: Annotated[Path, typer.Argument(help="The .rec file.")],
    idx: Annotated[Path | None, typer.Argument(help="Where the index goes; default: beside the .rec.")] = None,
    keys: Annotated[
        Literal["id", "number"],
        typer.Option(help="Key of a record: the id in its image header, or its running number from 0."),
    ] = "id",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing index.")] = False,
    as_json: Annotated[bool, JsonOption] = False,
) -> None:
    """Make the .idx of a .rec file anew."""
    from gpu_im2rec.recordio import beside, rebuild_index  # noqa: PLC0415 (loads numpy)

    target = idx or beside(rec, ".idx")
    records = rebuild_index(rec, target, keys=keys, overwrite=overwrite)
    if as_json:
        show_json({"idx": str(target), "records": records})
    else:
        show_table([(str(target), f"{records:,} records")])
