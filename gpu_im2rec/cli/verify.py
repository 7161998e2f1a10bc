"""`gpu-im2rec verify`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from gpu_im2rec.cli.output import JsonOption, command, show_json, show_table
from gpu_im2rec.units import counted, duration, size


@command
def verify(
    rec: Annotated[Path, typer.Argument(metavar="REC", help="The .rec file, or the manifest of a set.")],
    list_path: Annotated[
        Path | None, typer.Option("--list", metavar="LIST", help="The list that it was packed from: compare with it.")
    ] = None,
    root: Annotated[
        Path | None,
        typer.Option(
            metavar="ROOT", help="The folder that the list's paths start from: compare each picture with its file."
        ),
    ] = None,
    decode: Annotated[bool, typer.Option("--decode", help="Decode every picture.")] = False,
    as_json: Annotated[bool, JsonOption] = False,
) -> int:
    """Look for everything that can be wrong with a .rec file; the exit code is 4 if something is.

    Framing, image headers, index and, where OUT.crc is there, checksums are always looked at.
    """
    from gpu_im2rec import inspection  # noqa: PLC0415 (loads numpy)
    from gpu_im2rec.cli import steps  # noqa: PLC0415
    from gpu_im2rec.recordio.naming import is_manifest  # noqa: PLC0415

    with steps.shown() as tell:
        look = inspection.verify_set if is_manifest(rec) else inspection.verify
        report = look(rec, list_path=list_path, root=root, decode=decode, progress=tell)
    show_json(report.to_dict()) if as_json else _show(report)
    return report.exit_code


def _show(report: Any) -> None:
    same = report.compared
    compared = f"{same.equal:,} are their files byte for byte, {same.alike:,} look like them" if same else ""
    sound = report.shards and not any(finding.kind in ("missing file", "changed file") for finding in report.problems)
    rate = f"{duration(report.seconds)}, {size(report.bytes / max(report.seconds, 1e-9))}/s"
    show_table(
        [
            ("file", f"{report.rec}, {size(report.bytes)}"),
            ("shards", f"{report.shards:,}, each with the size and the hash that the manifest says" if sound else ""),
            ("records", f"{report.records:,}"),
            ("index", str(report.idx) if report.idx else "none"),
            ("checksums", _checksums(report)),
            ("list", f"{report.list}, {counted(report.entries, 'entry', 'entries')}" if report.list else ""),
            ("decoded", counted(report.decoded, "picture") if report.decoded is not None else ""),
            ("compared", compared),
            ("time", rate),
            *_rows("note", report.notes),
            *_rows("wrong", report.problems),
            ("verdict", _verdict(report)),
        ]
    )


def _checksums(report: Any) -> str:
    if report.checksums or report.shards:  # of shards there are hashes
        return str(report.checksums or "")
    return "none: flipped bits inside a picture may go unseen; `pack --checksums` lets every one be found"


def _rows(name: str, findings: Any) -> Iterator[tuple[str, str]]:
    for finding in findings:
        yield name, f"{finding.kind}: {finding.count:,}"
        for example in finding.examples:
            places = {"offset": example.offset, "id": example.id, "line": example.line}
            where = ", ".join(f"{place} {number}" for place, number in places.items() if number is not None)
            yield "", f"{where}: {example.message}" if where else example.message
        if finding.count > len(finding.examples):
            yield "", f"… and {finding.count - len(finding.examples):,} more"


def _verdict(report: Any) -> str:
    if not report.problems:
        return "nothing is wrong"
    kinds = {str(finding.kind) for finding in report.problems}
    if report.shards:
        return "wrong; `gpu-im2rec verify SHARD` says what mends a shard, or pack those anew"
    if kinds & {"damage", "shifted record", "padding", "changed record", "lost record"}:
        return f"damaged; `gpu-im2rec repair {report.rec} NEW.rec` keeps what is whole"
    if kinds & {"not in the index", "points nowhere", "wrong key"}:
        return f"wrong; `gpu-im2rec index {report.rec} --overwrite` makes the index anew"
    return "wrong"
