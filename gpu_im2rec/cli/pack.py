"""`gpu-im2rec pack`."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import typer

from gpu_im2rec.cli.output import JsonOption, command, duration, say, show_json, show_table, size
from gpu_im2rec.errors import UsageError
from gpu_im2rec.transcode.spec import MAX_PIXELS, Color, Encoding, Interp

_PICTURES, _RECORDS, _RUN, _GPU = "Pictures", "Records", "The run", "The GPU"


@command
def pack(
    list_path: Annotated[Path, typer.Argument(metavar="LIST", help="The .lst file.")],
    root: Annotated[Path, typer.Argument(help="The folder that the list's paths start from.")],
    out: Annotated[Path, typer.Argument(help="The .rec file to write; the .idx goes beside it.")],
    resize: Annotated[
        int, typer.Option(help="Shorter edge in pixels; 0 keeps the size.", rich_help_panel=_PICTURES)
    ] = 0,
    center_crop: Annotated[
        bool, typer.Option("--center-crop", help="Crop to the square in the middle first.", rich_help_panel=_PICTURES)
    ] = False,
    upscale: Annotated[
        bool, typer.Option(help="Enlarge pictures that are smaller than --resize.", rich_help_panel=_PICTURES)
    ] = True,
    interp: Annotated[
        Interp,
        typer.Option(
            help="antialias is fast and clean; the others are im2rec's, to the last bit.", rich_help_panel=_PICTURES
        ),
    ] = "antialias",
    color: Annotated[
        int,
        typer.Option(min=-1, max=1, help="1 colour, 0 grey, -1 as the file is, unrotated.", rich_help_panel=_PICTURES),
    ] = 1,
    encoding: Annotated[Encoding, typer.Option(rich_help_panel=_PICTURES, help="Format in the records.")] = "jpg",
    quality: Annotated[int, typer.Option(min=1, max=100, help="JPEG quality.", rich_help_panel=_PICTURES)] = 95,
    png_level: Annotated[int, typer.Option(min=0, max=9, help="PNG compression.", rich_help_panel=_PICTURES)] = 3,
    pass_through: Annotated[
        bool, typer.Option("--pass-through", help="Store the files' own bytes.", rich_help_panel=_PICTURES)
    ] = False,
    max_pixels: Annotated[
        int, typer.Option(help="Refuse larger pictures undecoded.", rich_help_panel=_PICTURES)
    ] = MAX_PIXELS,
    seed: Annotated[int, typer.Option(help="For --interp random.", rich_help_panel=_PICTURES)] = 0,
    label_width: Annotated[
        int | None, typer.Option(help="Label columns in the list; default: each line tells.", rich_help_panel=_RECORDS)
    ] = None,
    pack_label: Annotated[
        bool,
        typer.Option("--pack-label", help="Store all label columns, not only the first.", rich_help_panel=_RECORDS),
    ] = False,
    on_error: Annotated[
        Literal["skip", "fail"],
        typer.Option(help="What a bad picture does: cost itself, or stop the run.", rich_help_panel=_RUN),
    ] = "skip",
    max_failures: Annotated[
        str | None, typer.Option(metavar="N|P%", help="Stop beyond so many bad pictures.", rich_help_panel=_RUN)
    ] = None,
    device: Annotated[
        str, typer.Option(metavar="auto|cpu|gpu|gpu:N", help="Where pictures are transcoded.", rich_help_panel=_RUN)
    ] = "auto",
    devices: Annotated[
        str | None,
        typer.Option(metavar="0,1,…", help="Several GPUs, one process each, one output.", rich_help_panel=_RUN),
    ] = None,
    workers: Annotated[int | None, typer.Option(help="CPU threads; default: one a core.", rich_help_panel=_RUN)] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing output.", rich_help_panel=_RUN)
    ] = False,
    allow_outside_root: Annotated[
        bool, typer.Option("--allow-outside-root", help="Follow paths that leave the root.", rich_help_panel=_RUN)
    ] = False,
    batch_size: Annotated[int, typer.Option(help="Pictures on the GPU at a time.", rich_help_panel=_GPU)] = 256,
    decode_threads: Annotated[
        int | None, typer.Option(help="CPU threads that help it decode; default: one a core.", rich_help_panel=_GPU)
    ] = None,
    hw_decoder_load: Annotated[
        float, typer.Option(help="Share of the hardware JPEG decoder, 0 … 1.", rich_help_panel=_GPU)
    ] = 0.9,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say how many, how large, how long; write nothing.", rich_help_panel=_RUN)
    ] = False,
    as_json: Annotated[bool, JsonOption] = False,
) -> int:
    """Pack the pictures of a list into a .rec file and its .idx.

    A picture that cannot be packed is skipped and named in OUT.failures.jsonl; the exit code is then 3.
    """
    from gpu_im2rec import packing  # noqa: PLC0415 (loads numpy)
    from gpu_im2rec.cli import progress  # noqa: PLC0415
    from gpu_im2rec.devices import GpuTuning  # noqa: PLC0415
    from gpu_im2rec.transcode import TranscodeSpec  # noqa: PLC0415

    options = packing.PackOptions(
        transcode=TranscodeSpec(
            resize=resize,
            center_crop=center_crop,
            interp=interp,
            upscale=upscale,
            color=cast("Color", color),
            encoding=encoding,
            quality=quality,
            png_level=png_level,
            pass_through=pass_through,
            max_pixels=max_pixels,
            seed=seed,
        ),
        label_width=label_width,
        pack_label=pack_label,
        device=device,
        devices=_gpus(devices) if devices else (),
        gpu=GpuTuning(batch_size, decode_threads, hw_decoder_load),
        workers=workers,
        on_error=on_error,
        max_failures=packing.FailureLimit.parse(max_failures) if max_failures else None,
        overwrite=overwrite,
        allow_outside_root=allow_outside_root,
    )
    if dry_run:
        estimate = packing.dry_run(list_path, root, out, options)
        show_json(estimate.to_dict()) if as_json else _show_estimate(estimate)
        return 0
    with progress.shown() as tell:
        report = packing.pack(list_path, root, out, options, progress=tell)
    show_json(report.to_dict()) if as_json else _show_report(report)
    return report.exit_code


def _gpus(numbers: str) -> tuple[str, ...]:
    """("gpu:0", "gpu:2") for "0,2"."""
    if not re.fullmatch(r"\d+(,\d+)*", numbers, re.ASCII):
        raise UsageError(f"--devices must be numbers of GPUs such as 0,1,2, not {numbers!r}")
    return tuple(f"gpu:{number}" for number in numbers.split(","))


def _show_report(report: Any) -> None:
    if report.note:
        say(report.note)
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in report.reasons.items())
    show_table(
        [
            ("packed", f"{report.packed:,} pictures, {size(report.bytes_in)} read"),
            ("failed", f"{report.failed:,} ({reasons}), named in {report.failures}" if report.failed else ""),
            ("duplicates", _duplicates(report)),
            ("labels", _labels(report)),
            ("records", f"{report.rec}, {size(report.bytes_out)}"),
            ("index", str(report.idx)),
            ("time", f"{duration(report.seconds)}, {report.images_per_second:,.0f} images/s"),
            ("engine", report.engine + (f", {report.workers} workers" if report.engine == "cpu" else "")),
            ("by the CPU", _rescued(report)),
        ]
    )


def _rescued(report: Any) -> str:
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in report.rescued.items())
    return f"{sum(report.rescued.values()):,} ({reasons})" if report.rescued else ""


def _duplicates(report: Any) -> str:
    if not report.duplicates:
        return (
            f"{report.duplicates_unchecked:,} indices were too far apart to check"
            if report.duplicates_unchecked
            else ""
        )
    examples = ", ".join(map(str, report.duplicate_examples))
    return f"{report.duplicates:,} records share their index with another, such as {examples}; readers find only one"


def _labels(report: Any) -> str:
    if report.labels_dropped:
        return f"only the first of {report.label_width} stored for {report.labels_dropped:,}; --pack-label stores all"
    return f"{report.label_width} a picture at most" if report.label_width > 1 else ""


def _show_estimate(estimate: Any) -> None:
    if estimate.note:
        say(estimate.note)
    failures = ", ".join(f"{count} {reason}" for reason, count in estimate.sample_failures.items())
    show_table(
        [
            ("pictures", f"{estimate.entries:,}"),
            ("malformed lines", f"{estimate.malformed:,}" if estimate.malformed else ""),
            ("duplicate indices", f"{estimate.duplicates:,}" if estimate.duplicates else ""),
            ("labels", f"{estimate.label_width} a picture at most"),
            ("result", f"about {size(estimate.bytes_out)}; {size(estimate.free_bytes)} are free"),
            ("time", f"about {duration(estimate.seconds)} on this machine ({estimate.engine})"),
            ("sample", f"{estimate.sampled:,} pictures" + (f", of which failed: {failures}" if failures else "")),
        ]
    )
