"""`gpu-im2rec pack`."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from gpu_im2rec.cli import options as option
from gpu_im2rec.cli.output import JsonOption, command, say, show_json
from gpu_im2rec.errors import NothingPackedError, UsageError
from gpu_im2rec.transcode.spec import MAX_PIXELS, Color

if TYPE_CHECKING:
    from gpu_im2rec.packing import PackReport


@command
def pack(
    ctx: typer.Context,
    list_path: option.ListPath,
    root: option.Root,
    out: option.Out,
    words: option.Words = None,
    resize: option.Resize = 0,
    center_crop: option.CenterCrop = False,
    upscale: option.Upscale = True,
    interp: option.Interp = "antialias",
    color: option.Color = 1,
    encoding: option.Encoding = "jpg",
    quality: option.Quality = 95,
    png_level: option.PngLevel = 3,
    pass_through: option.PassThrough = False,
    accept_truncated: option.AcceptTruncated = False,
    max_pixels: option.MaxPixels = MAX_PIXELS,
    seed: option.Seed = 0,
    label_width: option.LabelWidth = None,
    pack_label: option.PackLabel = False,
    check_labels: option.CheckLabels = None,
    layout: option.Layout = "plain",
    checksums: option.Checksums = False,
    part: option.Part = None,
    shards: option.Shards = None,
    shard_size: option.ShardSize = None,
    cluster: option.Cluster = None,
    on_error: option.OnError = "skip",
    max_failures: option.MaxFailures = None,
    device: option.Device = "auto",
    devices: option.Devices = None,
    exact: option.Exact = False,
    workers: option.Workers = None,
    read_threads: option.ReadThreads = None,
    staging: option.Staging = None,
    isolate: option.Isolate = False,
    overwrite: option.Overwrite = False,
    resume: option.Resume = False,
    append: option.Append = False,
    stall_timeout: option.StallTimeout = 120.0,
    allow_outside_root: option.AllowOutsideRoot = False,
    dry_run: option.DryRun = False,
    html: option.Html = False,
    batch_size: option.BatchSize = 256,
    decode_threads: option.DecodeThreads = None,
    hw_decoder_load: option.HwDecoderLoad = 0.9,
    gpu_decoder: option.GpuDecoder = "auto",
    as_json: Annotated[bool, JsonOption] = False,
) -> int:
    """Pack the pictures of a list into a .rec file and its .idx.

    A picture that cannot be packed is skipped and named in OUT.failures.jsonl; the exit code is then 3.
    """
    from gpu_im2rec import packing  # noqa: PLC0415 (loads numpy)
    from gpu_im2rec.cli import key_values, pack_report, progress  # noqa: PLC0415
    from gpu_im2rec.devices import GpuTuning  # noqa: PLC0415
    from gpu_im2rec.packing.result import doubt_of_root  # noqa: PLC0415
    from gpu_im2rec.storage import is_url, shown  # noqa: PLC0415
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
            accept_truncated=accept_truncated,
            max_pixels=max_pixels,
            seed=seed,
        ),
        label_width=label_width,
        pack_label=pack_label,
        part=packing.Part.parse(part) if part else None,
        device=device,
        devices=_gpus(devices) if devices else (),
        gpu=GpuTuning(batch_size, decode_threads, hw_decoder_load, gpu_decoder, exact),
        workers=workers,
        read_threads=read_threads,
        staging=staging,
        isolate=isolate,
        on_error=on_error,
        max_failures=packing.FailureLimit.parse(max_failures) if max_failures else None,
        overwrite=overwrite,
        resume=resume,
        append=append,
        checksums=checksums,
        stall_timeout=stall_timeout,
        allow_outside_root=allow_outside_root,
    )
    if words:
        options = key_values.applied(_checked(key_values.parse(words), ctx), options)
    options = replace(options, check_labels=check_labels, layout=layout)  # which depend on what the words may say
    if pass_through:
        _check_pass_through(ctx)
    if html and is_url(out):
        raise UsageError("--html reads the records again: leave it out where OUT is a URL")
    work = _work(shards, shard_size, cluster)
    if dry_run:
        estimate = packing.dry_run(list_path, root, out, options)
        show_json(estimate.to_dict()) if as_json else pack_report.show_estimate(estimate)
        if sum(estimate.sample_failures.values()) == estimate.sampled:
            doubt = doubt_of_root(root, estimate.sample_failures)
            raise NothingPackedError(f"{shown(str(list_path))}: not one picture of the sample can be packed{doubt}")
        return 0
    with progress.shown() as tell:
        result = work(list_path, root, out, options=options, progress=tell)
    page = None
    try:
        if html and result.bytes_out and isinstance(result.rec, Path):
            page = _page(result.rec)
    finally:  # what was packed is told, also where there is no room for the page
        said = result.to_dict() | ({"page": page} if html else {})
        show_json(said) if as_json else pack_report.show_report(result, page)
    return result.exit_code


def _work(shards: int | None, shard_size: str | None, cluster: str | None) -> "Callable[..., PackReport]":
    """What packs one file, or a set, here or by ``cluster``. Raises UsageError."""
    if shards is None and not shard_size:
        from gpu_im2rec import packing  # noqa: PLC0415 (loads numpy)
        from gpu_im2rec.cli import pack_report  # noqa: PLC0415

        if cluster:
            raise UsageError("--cluster shares shards out: give --shards or --shard-size, too")
        return partial(packing.pack, on_shortage=pack_report.warn_of_space)
    from gpu_im2rec.sharding import Cut, pack_here, pack_shards  # noqa: PLC0415 (no other run needs any of this)
    from gpu_im2rec.units import parse_size  # noqa: PLC0415

    cut = Cut(shards, parse_size(shard_size) if shard_size else None)
    if not cluster:
        return partial(pack_shards, cut=cut, runner=pack_here)
    from gpu_im2rec.cluster import OnRay  # noqa: PLC0415

    return partial(pack_shards, cut=cut, runner=OnRay(cluster, say))


def _page(rec: Path) -> Path:
    """Where the page about ``rec`` is, once it is written; one of an earlier run is replaced."""
    from gpu_im2rec.showing.report import make_report, page_of  # noqa: PLC0415 (loads Pillow and jinja2)

    make_report(rec, page_of(rec), overwrite=True)
    return page_of(rec)


def _check_pass_through(ctx: typer.Context) -> None:
    """Raises UsageError where an option asks for other pictures than the files are."""
    changing = ("resize", "center_crop", "interp", "color", "encoding", "quality", "png_level")
    given = [_option(name) for name in changing if _is_given(name, ctx)]
    if given:
        raise UsageError(f"--pass-through stores the files as they are: leave out {', '.join(given)}")


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
            if _is_given(parameter, ctx):
                raise UsageError(f"{key}= and {_option(parameter)} mean the same; leave one out")
    return values


def _is_given(parameter: str, ctx: typer.Context) -> bool:
    """Whether the command line names it."""
    source = ctx.get_parameter_source(parameter)
    return source is not None and source.name == "COMMANDLINE"


def _option(parameter: str) -> str:
    return f"--{parameter.replace('_', '-')}"
