"""`gpu-im2rec bench`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from gpu_im2rec.cli import options as option
from gpu_im2rec.cli.output import JsonOption, command, say, show_json, show_table
from gpu_im2rec.units import counted


@command
def bench(
    list_path: option.ListPath,
    root: option.Root,
    resize: option.Resize = 256,
    interp: option.Interp = "antialias",
    quality: option.Quality = 95,
    device: option.Device = "auto",
    workers: option.Workers = None,
    folder: Annotated[
        Path, typer.Option(file_okay=False, exists=True, help="Where a temporary file is written.")
    ] = Path(),
    as_json: Annotated[bool, JsonOption] = False,
) -> int:
    """Time every stage on a sample of your pictures: what holds a pack up, and which settings suit this machine."""
    from gpu_im2rec import packing  # noqa: PLC0415 (loads numpy)
    from gpu_im2rec.transcode import TranscodeSpec  # noqa: PLC0415

    spec = TranscodeSpec(resize=resize, interp=interp, quality=quality)
    options = packing.PackOptions(transcode=spec, device=device, workers=workers)
    report = packing.bench(list_path, root, folder, options, tell=lambda what: say(f"measuring: {what} …"))
    show_json(report.to_dict()) if as_json else _show(report)
    return 0


def _show(report: Any) -> None:
    if report.note:
        say(report.note)
    rates = [(name, f"{rate:,.0f} pictures/s") for name, rate in report.stages.items()]
    settings = [(f"  {name}", f"{rate:,.0f} pictures/s") for name, rate in report.settings.items()]
    skipped = f", {report.skipped} more could not be packed" if report.skipped else ""
    show_table(
        [
            ("sample", f"{counted(report.pictures, 'picture')}{skipped}; engine {report.engine}"),
            *((f"{name} alone", rate) for name, rate in rates),
            ("all together", f"{report.together:,.0f} pictures/s"),
            ("bottleneck", report.bottleneck),
            ("transcode with", f"best: {report.best}" if settings else ""),
            *settings,
        ]
    )
