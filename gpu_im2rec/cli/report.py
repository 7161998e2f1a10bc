"""`gpu-im2rec report`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from gpu_im2rec.cli.output import command, show_json, show_table


@command
def report(
    rec: Annotated[Path, typer.Argument(metavar="REC", help="The .rec file, whoever wrote it.")],
    out: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Where the page goes; default: OUT.report.html.")
    ] = None,
    classes: Annotated[
        Path | None, typer.Option(help="Names of the classes, one a line; default: classes.txt beside the file.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing page.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON; no page is written.")] = False,
) -> None:
    """Make a page about a .rec file: pictures, labels, sizes and, if OUT.report.json is there, how it was packed.

    The page is one HTML file that needs no network.
    """
    from gpu_im2rec.cli import steps  # noqa: PLC0415 (loads numpy)
    from gpu_im2rec.inspection import Step  # noqa: PLC0415
    from gpu_im2rec.showing import report as showing  # noqa: PLC0415

    with steps.shown() as tell:
        page = None if as_json else out or showing.page_of(rec)
        made = showing.make_report(
            rec, page, classes, overwrite=overwrite,
            progress=lambda done, total: tell(Step(done, total, "records")),
        )  # fmt: skip
    show_json(made.to_dict()) if as_json else _show(made)


def _show(made: Any) -> None:
    from gpu_im2rec.showing.report.page import facts  # noqa: PLC0415

    show_table(
        [
            ("file", str(made.contents.rec)),
            *facts(made.contents, made.run),
            ("note", made.note),
            ("page", str(made.page)),
        ]
    )
