"""`gpu-im2rec merge`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from gpu_im2rec.cli.output import JsonOption, command, show_json, show_table
from gpu_im2rec.units import counted, size


@command
def merge(
    sources: Annotated[
        list[Path],
        typer.Argument(metavar="SOURCE", help="The .rec files; a manifest stands for its shards, a 'pattern-*' too."),
    ],
    out: Annotated[
        Path,
        typer.Argument(
            metavar="OUT", help="OUT.rec: one file; OUT.manifest.json: the sources stay as they are, as one set."
        ),
    ],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing output.")] = False,
    as_json: Annotated[bool, JsonOption] = False,
) -> None:
    """Join .rec files to one, or to a set with a manifest and DALI's index; no picture is touched.

    Parts of a list, such as faces-00003-of-00008.rec, come in the order of their numbers, and none may be missing.
    """
    from gpu_im2rec import sharding  # noqa: PLC0415 (loads numpy)
    from gpu_im2rec.cli import steps  # noqa: PLC0415
    from gpu_im2rec.inspection import Step  # noqa: PLC0415

    with steps.shown() as tell:
        report = sharding.merge(
            sources, out, overwrite=overwrite, progress=lambda done, total: tell(Step(done, total, "bytes"))
        )
    show_json(report.to_dict()) if as_json else _show(report)


def _show(report: Any) -> None:
    shown = ", ".join(map(str, report.duplicate_examples))
    duplicates = f"{report.duplicates:,}, such as {shown}; readers find only the last of each" if shown else ""
    is_set = report.out.suffix == ".json"
    unchecked = f"of {report.duplicates_unchecked:,} keys it was not looked whether they are there twice"
    show_table(
        [
            ("merged", counted(report.sources, "file")),
            ("records", f"{report.records:,}, {size(report.bytes)}"),
            ("duplicate keys", duplicates),
            ("", unchecked if report.duplicates_unchecked else ""),
            ("manifest" if is_set else "file", str(report.out)),
            ("index", f"{report.idx}{', of all shards, for DALI' if is_set else ''}"),
            ("checksums", str(report.checksums or "")),
            ("failures", str(report.failures or "")),
        ]
    )
