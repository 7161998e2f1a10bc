"""`gpu-im2rec convert`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from gpu_im2rec.cli.output import JsonOption, command, show_json, show_table
from gpu_im2rec.units import counted


@command
def convert(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="The .rec file to read.")],
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="The .rec file to write; the .idx goes beside it.")],
    to: Annotated[
        Literal["plain", "insightface"],
        typer.Option(help="plain is what DALI, MXNet and PyTorch read; insightface adds whose face each is."),
    ] = "plain",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing output.")] = False,
    as_json: Annotated[bool, JsonOption] = False,
) -> None:
    """Turn a .rec file in insightface's layout into a plain one, or back; no picture is touched."""
    from gpu_im2rec import packing  # noqa: PLC0415 (loads numpy)
    from gpu_im2rec.cli.pack_report import identities  # noqa: PLC0415

    report = packing.convert(source, target, to=to, overwrite=overwrite)
    if as_json:
        return show_json(report.to_dict())
    dropped = f"only the first is kept, of {counted(report.labels_dropped, 'picture')}" if report.labels_dropped else ""
    show_table(
        [
            ("pictures", f"{report.pictures:,}"),
            ("labels", dropped),
            ("identities", identities(report.faces) if report.faces else ""),
            ("records", str(report.rec)),
            ("index", str(report.idx)),
        ]
    )
    return None
