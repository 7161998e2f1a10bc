"""`gpu-im2rec pack`."""

import re
from pathlib import Path
from typing import Annotated, Literal, cast

import typer

from gpu_im2rec.cli.output import JsonOption, command, show_json
from gpu_im2rec.errors import UsageError
from gpu_im2rec.transcode.spec import MAX_PIXELS, Color, Encoding, Interp

_PICTURES, _RECORDS, _RUN, _GPU = "Pictures", "Records", "The run", "The GPU"


@command
def pack(
    ctx: typer.Context,
    list_path: Annotated[Path, typer.Argument(metavar="LIST", help="The .lst file.")],
    root: Annotated[Path, typer.Argument(help="The folder that the list's paths start from.")],
    out: Annotated[Path, typer.Argument(help="The .rec file to write; the .idx goes beside it.")],
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY=VALUE", help="Options as im2rec writes them, such as resize=256."),
    ] = None,
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
            help="antialias is fast and clean; the others are OpenCV's, as in im2rec.", rich_help_panel=_PICTURES
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
    check_labels: Annotated[
        Literal["detection"] | None,
        typer.Option(help="Refuse lines whose labels are no consistent boxes.", rich_help_panel=_RECORDS),
    ] = None,
    layout: Annotated[
        Literal["plain", "insightface"],
        typer.Option(help="insightface adds the records that say which faces are whose.", rich_help_panel=_RECORDS),
    ] = "plain",
    part: Annotated[
        str | None,
        typer.Option(metavar="i/n", help="Pack part i of n, from 0, into OUT-0000i-of-0000n.", rich_help_panel=_RUN),
    ] = None,
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
    from gpu_im2rec.cli import key_values, progress, report  # noqa: PLC0415
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
        check_labels=check_labels,
        layout=layout,
        part=packing.Part.parse(part) if part else None,
        device=device,
        devices=_gpus(devices) if devices else (),
        gpu=GpuTuning(batch_size, decode_threads, hw_decoder_load),
        workers=workers,
        on_error=on_error,
        max_failures=packing.FailureLimit.parse(max_failures) if max_failures else None,
        overwrite=overwrite,
        allow_outside_root=allow_outside_root,
    )
    if words:
        options = key_values.applied(_checked(key_values.parse(words), ctx), options)
    if dry_run:
        estimate = packing.dry_run(list_path, root, out, options)
        show_json(estimate.to_dict()) if as_json else report.show_estimate(estimate)
        return 0
    with progress.shown() as tell:
        result = packing.pack(list_path, root, out, options, progress=tell)
    show_json(result.to_dict()) if as_json else report.show_report(result)
    return result.exit_code


def _gpus(numbers: str) -> tuple[str, ...]:
    """("gpu:0", "gpu:2") for "0,2"."""
    if not re.fullmatch(r"\d+(,\d+)*", numbers, re.ASCII):
        raise UsageError(f"--devices must be numbers of GPUs such as 0,1,2, not {numbers!r}")
    return tuple(f"gpu:{number}" for number in numbers.split(","))


def _checked(values: dict[str, str], ctx: typer.Context) -> dict[str, str]:
    """``values``. Raises UsageError where one of them is given as an option, too."""
    from gpu_im2rec.cli.key_values import KEYS  # noqa: PLC0415 (loads numpy)

    for key in values:
        for parameter in KEYS[key].parameters:
            source = ctx.get_parameter_source(parameter)
            if source and source.name == "COMMANDLINE":
                raise UsageError(f"{key}= and --{parameter.replace('_', '-')} mean the same; leave one out")
    return values
