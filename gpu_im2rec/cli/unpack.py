"""`gpu-im2rec unpack`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from gpu_im2rec.cli.output import JsonOption, command, printable, show_json, show_table
from gpu_im2rec.units import counted, duration, size


@command
def unpack(
    rec: Annotated[Path, typer.Argument(metavar="REC", help="The .rec file, whoever wrote it.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make; the list DIR.lst goes beside it.")],
    as_json: Annotated[bool, JsonOption] = False,
) -> None:
    """Write the pictures of a .rec file into a folder, with the list that packs them again.

    Label 3 and id 17 become DIR/3/17.jpg, or DIR/records-0-999/17.jpg where a label is no class.

    Nothing that is there is replaced.
    """
    from gpu_im2rec.cli import steps  # noqa: PLC0415 (loads numpy)
    from gpu_im2rec.inspection import Step  # noqa: PLC0415
    from gpu_im2rec.loading import unpacking  # noqa: PLC0415

    with steps.shown() as tell:
        report = unpacking.unpack(rec, folder, progress=lambda done, total: tell(Step(done, total, "bytes")))
    show_json(report.to_dict()) if as_json else _show(report)


def _show(report: Any) -> None:
    formats = ", ".join(f"{count:,} {name}" for name, count in report.formats.items())
    repeated = f"{report.repeated_ids:,} files whose id was there before have their record's number in their names, too"
    identities = counted(report.identities, "record")
    rate = report.pictures / max(report.seconds, 1e-9)
    show_table(
        [
            ("unpacked", f"{counted(report.pictures, 'picture')}, {size(report.bytes)}: {formats}"),
            ("identities", f"{identities} without a picture left out" if report.identities else ""),
            ("repeated ids", repeated if report.repeated_ids else ""),
            ("folder", str(report.folder)),
            ("list", str(report.list)),
            ("time", f"{duration(report.seconds)}, {rate:,.0f} files/s"),
            *(("differs", f"records that {note.message}: {note.records:,}") for note in report.notes),
            ("pack again", "gives the same bytes" + (", but for what differs" if report.notes else "")),
        ]
    )
    print(f"  {printable(report.pack_again)}")  # not in the table, which would break the line: it is to be copied
