"""`gpu-im2rec view`."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from gpu_im2rec.cli.output import command, end_at_once, say
from gpu_im2rec.errors import UsageError
from gpu_im2rec.units import counted


@command
def view(
    recs: Annotated[list[Path], typer.Argument(metavar="REC...", help="One or several .rec files.")],
    root: Annotated[
        Path | None,
        typer.Option(
            metavar="ROOT", help="The folder that the list's paths start from: shows each picture before packing, too."
        ),
    ] = None,
    list_path: Annotated[
        Path | None,
        typer.Option("--list", metavar="LIST", help="The list that was packed; default: the one beside the file."),
    ] = None,
    classes: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Names of the labels, one a line; default: classes.txt.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Default: 8765 or, if that is taken, any other.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the address as JSON, for machines.")] = False,
) -> None:
    """Show the records in a browser on this machine, until Ctrl-C."""
    if not (find_spec("starlette") and find_spec("uvicorn")):
        raise UsageError("the viewer needs two packages more: pip install 'gpu-im2rec[view]'")
    from gpu_im2rec.showing.view import view as view_records  # noqa: PLC0415 (loads numpy)

    tell = _tell_json if as_json else _tell
    view_records(recs, root=root, list_path=list_path, classes=classes, port=port, tell=tell)
    end_at_once(0)  # nobody waits for a picture that is still being converted


def _tell_json(url: str, records: int) -> None:
    print(json.dumps({"url": url, "records": records}), flush=True)


def _tell(url: str, records: int) -> None:
    print(url, flush=True)
    number = url.rstrip("/").rpartition(":")[2]
    say(f"{counted(records, 'record')}; Ctrl-C ends it")
    say(f"From another machine: ssh -L {number}:127.0.0.1:{number} HOST, then the same address there")
