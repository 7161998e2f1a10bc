"""The options of `pack`, one by one, as typer declares them; other commands take some of them too."""

from typing import Annotated, Literal

import typer

from gpu_im2rec.transcode import spec

_PICTURES, _RECORDS, _RUN, _GPU = "Pictures", "Records", "The run", "The GPU"

# A path or a URL, such as s3://bucket/photos: a Path would make one slash of two.
ListPath = Annotated[str, typer.Argument(metavar="LIST", help="The .lst file, or its URL.")]
Root = Annotated[str, typer.Argument(metavar="ROOT", help="The folder, or URL, that the list's paths start from.")]
Out = Annotated[str, typer.Argument(metavar="OUT", help="The .rec file to write, or its URL; the .idx goes beside it.")]
Words = Annotated[
    list[str] | None, typer.Argument(metavar="KEY=VALUE", help="Options as im2rec writes them, such as resize=256.")
]

Resize = Annotated[int, typer.Option(help="Shorter edge in pixels; 0 keeps the size.", rich_help_panel=_PICTURES)]
CenterCrop = Annotated[
    bool, typer.Option("--center-crop", help="Crop to the square in the middle first.", rich_help_panel=_PICTURES)
]
Upscale = Annotated[
    bool, typer.Option(help="Enlarge pictures that are smaller than --resize.", rich_help_panel=_PICTURES)
]
Interp = Annotated[
    spec.Interp,
    typer.Option(help="antialias is fast and clean; the others are OpenCV's, as in im2rec.", rich_help_panel=_PICTURES),
]
Color = Annotated[
    int,
    typer.Option(min=-1, max=1, help="1 colour, 0 grey, -1 as the file is, unrotated.", rich_help_panel=_PICTURES),
]
Encoding = Annotated[spec.Encoding, typer.Option(help="Format in the records.", rich_help_panel=_PICTURES)]
Quality = Annotated[int, typer.Option(min=1, max=100, help="JPEG quality.", rich_help_panel=_PICTURES)]
PngLevel = Annotated[int, typer.Option(min=0, max=9, help="PNG compression.", rich_help_panel=_PICTURES)]
PassThrough = Annotated[
    bool, typer.Option("--pass-through", help="Store the files' own bytes.", rich_help_panel=_PICTURES)
]
AcceptTruncated = Annotated[
    bool, typer.Option("--accept-truncated", help="Pack what decodes of cut JPEGs.", rich_help_panel=_PICTURES)
]
MaxPixels = Annotated[int, typer.Option(help="Refuse larger pictures undecoded.", rich_help_panel=_PICTURES)]
Seed = Annotated[int, typer.Option(help="For --interp random.", rich_help_panel=_PICTURES)]

LabelWidth = Annotated[
    int | None, typer.Option(help="Label columns in the list; default: each line tells.", rich_help_panel=_RECORDS)
]
PackLabel = Annotated[
    bool, typer.Option("--pack-label", help="Store all label columns, not only the first.", rich_help_panel=_RECORDS)
]
CheckLabels = Annotated[
    Literal["detection"] | None,
    typer.Option(help="Refuse lines whose labels are no consistent boxes.", rich_help_panel=_RECORDS),
]
Layout = Annotated[
    Literal["plain", "insightface"],
    typer.Option(help="insightface adds the records that say which faces are whose.", rich_help_panel=_RECORDS),
]

Checksums = Annotated[
    bool,
    typer.Option("--checksums", help="Write OUT.crc: verify then finds flipped bits.", rich_help_panel=_RECORDS),
]

Part = Annotated[
    str | None,
    typer.Option(metavar="i/n", help="Pack part i of n, from 0, into OUT-0000i-of-0000n.", rich_help_panel=_RUN),
]
Shards = Annotated[
    int | None, typer.Option(metavar="N", help="Cut the list into N files, OUT-0000i-of-0000N.", rich_help_panel=_RUN)
]
ShardSize = Annotated[
    str | None,
    typer.Option(metavar="SIZE", help="As many files as come to about 1GiB each.", rich_help_panel=_RUN),
]
Cluster = Annotated[
    str | None,
    typer.Option(metavar="ray|ray://HOST:PORT", help="Let a Ray cluster pack the shards.", rich_help_panel=_RUN),
]
OnError = Annotated[
    Literal["skip", "fail"],
    typer.Option(help="What a bad picture does: cost itself, or stop the run.", rich_help_panel=_RUN),
]
MaxFailures = Annotated[
    str | None, typer.Option(metavar="N|P%", help="Stop beyond so many bad pictures.", rich_help_panel=_RUN)
]
Device = Annotated[
    str,
    typer.Option(
        metavar="auto|cpu|gpu|gpu:N",
        help="Where pictures are transcoded.",
        autocompletion=lambda: ["auto", "cpu", "gpu", "gpu:0", "gpu:1"],
        rich_help_panel=_RUN,
    ),
]
Devices = Annotated[
    str | None,
    typer.Option(metavar="0,1,…", help="Several GPUs, one process each, one output.", rich_help_panel=_RUN),
]
Workers = Annotated[int | None, typer.Option(help="CPU threads; default: one a core.", rich_help_panel=_RUN)]
ReadThreads = Annotated[
    int | None,
    typer.Option(
        help="Threads that read files ahead; default: as many of 8 as help, 64 from a URL.", rich_help_panel=_RUN
    ),
]
Staging = Annotated[
    str | None,
    typer.Option(metavar="DIR", help="Make a remote OUT in this folder first: --resume goes on.", rich_help_panel=_RUN),
]
Isolate = Annotated[
    bool,
    typer.Option("--isolate", help="A crash of a decoder costs its picture, not the run.", rich_help_panel=_RUN),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an existing output.", rich_help_panel=_RUN)]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on where an interrupted run of this command stopped.", rich_help_panel=_RUN)
]
Append = Annotated[
    bool, typer.Option("--append", help="Add the pictures to an output that is there.", rich_help_panel=_RUN)
]
StallTimeout = Annotated[
    float, typer.Option(help="Seconds without progress that end the run; 0: never.", rich_help_panel=_RUN)
]
AllowOutsideRoot = Annotated[
    bool, typer.Option("--allow-outside-root", help="Follow paths that leave the root.", rich_help_panel=_RUN)
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say how many, how large, how long; write nothing.", rich_help_panel=_RUN)
]

Html = Annotated[
    bool,
    typer.Option("--html", help="Write a page about the run and its pictures, OUT.report.html.", rich_help_panel=_RUN),
]

BatchSize = Annotated[int, typer.Option(help="Pictures on the GPU at a time.", rich_help_panel=_GPU)]
DecodeThreads = Annotated[
    int | None,
    typer.Option(help="CPU threads that help it decode; default: one a core, 16 at most.", rich_help_panel=_GPU),
]
HwDecoderLoad = Annotated[float, typer.Option(help="Share of the hardware JPEG decoder, 0 … 1.", rich_help_panel=_GPU)]
GpuDecoder = Annotated[
    Literal["auto", "dali", "exact"],
    typer.Option(help="DALI's JPEG decoder, or our own: the CPU's very pixels. auto: DALI's.", rich_help_panel=_GPU),
]
Exact = Annotated[
    bool, typer.Option("--exact", help="The same bytes on any device, or an error.", rich_help_panel=_RUN)
]
