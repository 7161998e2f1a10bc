"""`gpu-im2rec cat`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from gpu_im2rec.cli.output import command
from gpu_im2rec.errors import UsageError


@command
def cat(
    rec: Annotated[Path, typer.Argument(metavar="REC", help="The .rec file.")],
    key: Annotated[int, typer.Argument(metavar="KEY", help="Its key in the .idx; without one, its id.")],
) -> None:
    """Write the picture of one record to standard output, byte for byte.

    There is no --json, as what comes out is the image file itself: gpu-im2rec cat faces.rec 17 > 17.jpg
    """
    if sys.stdout is None:
        raise UsageError("standard output is closed; the picture goes there")
    if sys.stdout.isatty():
        raise UsageError(f"a terminal cannot show the bytes of a picture; write them to a file: … {key} > {key}.jpg")
    from gpu_im2rec.recordio.lookup import content_of  # noqa: PLC0415 (loads numpy)

    content = content_of(rec, key)
    try:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except OSError as error:
        raise OSError(error.errno, error.strerror, "standard output") from None
