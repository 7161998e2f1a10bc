"""`gpu-im2rec list`."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gpu_im2rec.cli.output import JsonOption, command, say_skipped, show_json, show_table
from gpu_im2rec.errors import UsageError
from gpu_im2rec.units import counted

if TYPE_CHECKING:
    from gpu_im2rec.lists.walking import Walk


@command
def list_(
    prefix: Annotated[
        Path, typer.Argument(metavar="PREFIX", help="Where the lists go: PREFIX.lst, PREFIX_train.lst …")
    ],
    root: Annotated[str, typer.Argument(metavar="ROOT", help="The folder with the pictures, or its URL.")],
    recursive: Annotated[
        bool, typer.Option("--recursive", help="Look into subfolders; each folder with pictures is a class.")
    ] = False,
    exts: Annotated[
        list[str], typer.Option(help="File name extensions to list, in any case. May be given several times.")
    ] = [".jpeg", ".jpg", ".png"],  # noqa: B006 (typer copies it)
    chunks: Annotated[int, typer.Option(help="Split into this many lists.")] = 1,
    train_ratio: Annotated[float, typer.Option(help="Share of the pictures for training.")] = 1.0,
    test_ratio: Annotated[float, typer.Option(help="Share for testing; what is left over is for validation.")] = 0.0,
    shuffle: Annotated[bool, typer.Option(help="Shuffle, the same way every time.")] = True,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a list, or a classes.txt, that is there and has other content.")
    ] = False,
    as_json: Annotated[bool, JsonOption] = False,
) -> None:
    """Make a list file from a folder of pictures."""
    from gpu_im2rec.lists import make_list  # noqa: PLC0415 (keeps --help quick)
    from gpu_im2rec.lists.extensions import as_options, how_many  # noqa: PLC0415
    from gpu_im2rec.storage import name_of  # noqa: PLC0415

    if any("," in ext for ext in exts):
        raise UsageError(f"each ending needs an --exts of its own: {as_options(exts)}")
    report = make_list(
        prefix.with_suffix("") if prefix.suffix == ".lst" else prefix,
        name_of(root),
        recursive=recursive,
        exts=exts,
        chunks=chunks,
        train_ratio=train_ratio,
        test_ratio=test_ratio,
        shuffle=shuffle,
        overwrite=overwrite,
        walk=_walk_of(root),
    )
    say_skipped(report.skipped)
    if as_json:
        return show_json(asdict(report))
    rows = [(str(file.path), counted(file.entries, "picture")) for file in report.files]
    if report.classes_file:
        rows.append((str(report.classes_file), counted(len(report.classes), "class", "classes")))
    if report.left_out:
        found, every = how_many(report.left_out), as_options([*exts, *report.left_out])
        rows.append(("left out", f"{sum(report.left_out.values()):,}: {found}; to list them, too: {every} --overwrite"))
    show_table(rows)
    return None


def _walk_of(root: str) -> "Walk":
    from gpu_im2rec.lists.walking import walk  # noqa: PLC0415
    from gpu_im2rec.storage import is_url  # noqa: PLC0415

    if not is_url(root):
        return walk
    from gpu_im2rec.packing.remote_walk import walk_remote  # noqa: PLC0415 (loads all that packs)

    return walk_remote
