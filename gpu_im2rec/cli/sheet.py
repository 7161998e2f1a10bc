"""`gpu-im2rec sheet`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from gpu_im2rec.cli.output import JsonOption, command, say, show_json, show_table
from gpu_im2rec.errors import UsageError

_WORST = 60


@command
def sheet(
    rec: Annotated[Path, typer.Argument(metavar="REC", help="The .rec file.")],
    out: Annotated[
        Path | None, typer.Argument(metavar="OUT", help="The picture to write: .jpg, .png or .webp.")
    ] = None,
    per_class: Annotated[int | None, typer.Option(metavar="N", help="N records of each class.")] = None,
    random: Annotated[int | None, typer.Option(metavar="N", help="N records at random.")] = None,
    worst: Annotated[
        bool, typer.Option("--worst", help=f"The {_WORST} that look worst; decodes every picture.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Another seed chooses other records.")] = 0,
    classes: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Names of the classes, one a line; default: classes.txt beside REC."),
    ] = None,
    terminal: Annotated[bool, typer.Option("--terminal", help="Show a sample here.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing OUT.")] = False,
    as_json: Annotated[bool, JsonOption] = False,
) -> None:
    """Draw a contact sheet: pictures of a .rec file, small, with their labels.

    By default 8 of each class where there are few, or else 100 at random: gpu-im2rec sheet faces.rec sheet.jpg
    """
    if not (out or terminal or as_json):
        raise UsageError("name a picture to write, such as sheet.jpg, or see a sample here with --terminal")
    if terminal and as_json:
        raise UsageError("--terminal and --json both want standard output; choose one")
    from gpu_im2rec.cli import steps  # noqa: PLC0415
    from gpu_im2rec.showing.sheet import make_sheet  # noqa: PLC0415 (loads numpy and Pillow)

    choice = _choice(per_class, random, worst)
    with steps.shown() as tell:
        made = make_sheet(rec, out, choice, classes=classes, seed=seed, overwrite=overwrite, progress=tell)
    for note in made.notes:
        say(f"note: {note}")
    if as_json:
        show_json(made.to_dict())
    elif terminal:
        from gpu_im2rec.cli import half_blocks  # noqa: PLC0415 (loads rich)

        half_blocks.show(made)
    else:
        _show(made)


def _choice(per_class: int | None, random: int | None, worst: bool) -> Any:
    from gpu_im2rec.showing.sheet import Choice  # noqa: PLC0415 (loads numpy)

    asked = [
        *([Choice("per class", per_class)] if per_class is not None else []),
        *([Choice("random", random)] if random is not None else []),
        *([Choice("worst", _WORST)] if worst else []),
    ]
    if len(asked) > 1:
        raise UsageError("--per-class, --random and --worst exclude each other")
    return asked[0] if asked else None


def _show(made: Any) -> None:
    bad = f"{made.undecodable:,} {'of all' if made.selection.worst else 'of those shown'}"
    show_table(
        [
            ("sheet", str(made.out)),
            ("records", f"{made.records:,}"),
            ("shown", (f"{len(made.tiles):,}: " if made.selection.by_class else "") + made.selection.how),
            ("undecodable", bad if made.undecodable else ""),
        ]
    )
