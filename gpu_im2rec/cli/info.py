"""`gpu-im2rec info`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from gpu_im2rec.cli.output import JsonOption, command, show_json, show_table
from gpu_im2rec.units import size

_LABELS_SHOWN = 10


@command
def info(
    rec: Annotated[Path, typer.Argument(help="The .rec file.")],
    as_json: Annotated[bool, JsonOption] = False,
) -> None:
    """Show what is in a .rec file: records, formats, labels, and whether its index fits."""
    from gpu_im2rec.inspection import summarize  # noqa: PLC0415 (loads numpy)

    summary = summarize(rec)
    show_json(summary.to_dict()) if as_json else _show(summary)


def _show(summary: Any) -> None:
    duplicates = f"{summary.duplicate_ids:,}; readers find only one of each" if summary.duplicate_ids else ""
    show_table(
        [
            ("file", f"{summary.rec}, {size(summary.bytes)}"),
            ("records", f"{summary.records:,}"),
            ("identities", _identities(summary)),
            ("content", f"{size(summary.smallest)} … {size(summary.largest)} a record"),
            ("formats", ", ".join(f"{count:,} {name}" for name, count in summary.formats.most_common())),
            ("ids", "{:,} … {:,}".format(*summary.ids) if summary.ids else ""),
            ("duplicate ids", duplicates),
            ("label width", ", ".join(f"{width} ({count:,})" for width, count in sorted(summary.label_widths.items()))),
            ("labels", _labels(summary)),
            ("index", summary.index),
        ]
    )


def _identities(summary: Any) -> str:
    return f"{summary.identities:,} more records without a picture: insightface's layout" if summary.identities else ""


def _labels(summary: Any) -> str:
    distinct = f"{len(summary.labels):,}{'' if summary.labels_complete else ' or more'} different"
    most = ", ".join(f"{label:g} ({count:,})" for label, count in summary.labels.most_common(_LABELS_SHOWN))
    return f"{distinct}: {most}{' …' if len(summary.labels) > _LABELS_SHOWN else ''}"
