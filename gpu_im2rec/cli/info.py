"""`gpu-im2rec info`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from gpu_im2rec.cli.output import JsonOption, command, show_json, show_table
from gpu_im2rec.units import counted, size

_LABELS_SHOWN = 10
_NAMES_SHOWN = 5


@command
def info(
    rec: Annotated[Path, typer.Argument(metavar="REC", help="The .rec file, or the manifest of a set of shards.")],
    as_json: Annotated[bool, JsonOption] = False,
) -> None:
    """Show what is in a .rec file: records, formats, labels, and whether its index fits."""
    from gpu_im2rec.inspection import summarize, summarize_set  # noqa: PLC0415 (loads numpy)
    from gpu_im2rec.recordio.naming import is_manifest  # noqa: PLC0415

    if is_manifest(rec):
        found = summarize_set(rec)
        show_json(found.to_dict()) if as_json else _show_set(found)
        return
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


def _show_set(found: Any) -> None:
    manifest, sizes = found.manifest, [shard.rec.bytes for shard in found.manifest.shards]
    of_parts = f" of {manifest.parts:,} parts; of the others nothing could be packed"
    records = sorted(shard.records for shard in manifest.shards)
    show_table(
        [
            ("set", str(found.path)),
            ("shards", f"{len(sizes):,}{of_parts if len(sizes) < manifest.parts else ''}"),
            ("records", f"{manifest.records:,}, {_span(records, '{:,}')} a shard"),
            ("size", f"{size(manifest.rec_bytes)}, {_span(list(map(size, sorted(sizes))), '{}')} a shard"),
            ("failed", counted(manifest.failed, "picture") if manifest.failed else ""),
            ("checksums", "of each shard" if all(shard.crc for shard in manifest.shards) else ""),
            ("index", f"{manifest.dali_index}, of all shards, for DALI"),
            ("made by", f"gpu-im2rec {manifest.versions.get('gpu-im2rec', '')}" if manifest.versions else ""),
            ("missing", _names(found.missing)),
            ("another size", _names(found.changed)),
            ("complete", "every file is there, with its size" if found.is_complete else "no"),
        ]
    )


def _span(values: list[Any], how: str) -> str:
    if not values:
        return "none"
    low, high = (how.format(value) for value in (values[0], values[-1]))
    return low if low == high else f"{low} … {high}"


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(names[:_NAMES_SHOWN]) + (
        f" and {len(names) - _NAMES_SHOWN:,} more" if names[_NAMES_SHOWN:] else ""
    )


def _identities(summary: Any) -> str:
    more = counted(summary.identities, "more record")
    return f"{more} without a picture: insightface's layout" if summary.identities else ""


def _labels(summary: Any) -> str:
    distinct = f"{len(summary.labels):,}{'' if summary.labels_complete else ' or more'} different"
    most = ", ".join(f"{label:g} ({count:,})" for label, count in summary.labels.most_common(_LABELS_SHOWN))
    return f"{distinct}: {most}{' …' if len(summary.labels) > _LABELS_SHOWN else ''}"
