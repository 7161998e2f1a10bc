"""`gpu-im2rec repair`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from gpu_im2rec.cli.output import JsonOption, command, show_json, show_table
from gpu_im2rec.units import counted, size

_SHOWN = 5


@command
def repair(
    damaged: Annotated[Path, typer.Argument(metavar="DAMAGED", help="The .rec file to read; it is not changed.")],
    fixed: Annotated[Path, typer.Argument(metavar="FIXED", help="The .rec file to write; the .idx goes beside it.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing output.")] = False,
    as_json: Annotated[bool, JsonOption] = False,
) -> None:
    """Save every whole record of a damaged .rec file into a new one.

    Where DAMAGED.crc is there, records that are not what their checksums say are left out, too.
    """
    from gpu_im2rec import inspection  # noqa: PLC0415 (loads numpy)

    report = inspection.repair(damaged, fixed, overwrite=overwrite)
    show_json(report.to_dict()) if as_json else _show(report)


def _show(report: Any) -> None:
    lost = sum(each.end - each.start for each in report.left_out)
    left_out = [f"bytes {each.start} … {each.end - 1}: {each.cause}" for each in report.left_out]
    show_table(
        [
            ("kept", counted(report.records, "record")),
            ("left out", f"{size(lost)} in {counted(len(left_out), 'place')}" if left_out else "nothing"),
            *_some(left_out),
            ("uncertain", _records(report.uncertain, "in front of damage, without a proven end")),
            ("no image header", _records(report.headerless, "kept nevertheless")),
            ("old index", f"not used: {report.note}" if report.note else ""),
            ("records", f"{report.rec}, {size(report.bytes)}"),
            ("index", str(report.idx)),
            ("checksums", str(report.checksums) if report.checksums else ""),
        ]
    )


def _records(offsets: list[int], what: str) -> str:
    if not offsets:
        return ""
    shown = ", ".join(map(str, offsets[:_SHOWN])) + (" …" if len(offsets) > _SHOWN else "")
    return f"{counted(len(offsets), 'record')} {what}: at offset {shown}"


def _some(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines[:_SHOWN]:
        yield "", line
    if len(lines) > _SHOWN:
        yield "", f"… and {len(lines) - _SHOWN:,} more; --json names all"
