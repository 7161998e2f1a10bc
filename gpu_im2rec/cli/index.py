"""`gpu-im2rec index`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from gpu_im2rec.cli.output import JsonOption, command, show_json, show_table
from gpu_im2rec.units import counted


@command
def index(
    rec: Annotated[Path, typer.Argument(metavar="REC", help="The .rec file.")],
    target: Annotated[
        Path | None, typer.Argument(metavar="TARGET", help="Where the result goes; default: beside the .rec.")
    ] = None,
    keys: Annotated[
        Literal["id", "number"],
        typer.Option(help="Key of a record: the id in its image header, or its running number from 0."),
    ] = "id",
    checksums: Annotated[
        bool, typer.Option("--checksums", help="Make the .crc with the records' checksums, and not the .idx.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
    as_json: Annotated[bool, JsonOption] = False,
) -> None:
    """Make the .idx of a .rec file anew, or the .crc with which `verify` finds records that changed."""
    from gpu_im2rec.recordio import beside, rebuild_index, write_checksums  # noqa: PLC0415 (loads numpy)

    target = target or beside(rec, ".crc" if checksums else ".idx")
    if checksums:
        records = write_checksums(rec, target, overwrite=overwrite)
    else:
        records = rebuild_index(rec, target, keys=keys, overwrite=overwrite)
    if as_json:
        show_json({"crc" if checksums else "idx": str(target), "records": records})
    else:
        show_table([(str(target), counted(records, "record"))])
