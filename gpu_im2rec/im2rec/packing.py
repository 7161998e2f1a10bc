"""A run as both tools do it."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec

from gpu_im2rec import packing
from gpu_im2rec.cli import progress
from gpu_im2rec.cli.output import say
from gpu_im2rec.cli.pack_report import show_report, warn_of_space
from gpu_im2rec.packing import PackOptions
from gpu_im2rec.packing.lines import PathLike
from gpu_im2rec.transcode import TranscodeSpec

# OpenCV's filter and limit, and the engine that computes the very same pixels. Paths may leave the root and an existing
# output is replaced, as both tools have it; until the new one is whole, the old one stays.
DEFAULTS = PackOptions(
    transcode=TranscodeSpec(interp="linear", max_pixels=1 << 30), device="cpu", overwrite=True, allow_outside_root=True
)


def pack(list_path: PathLike, root: PathLike, out: PathLike, options: PackOptions) -> int:
    """Pack and show what was done → the exit code."""
    if options.transcode.resize and not options.transcode.pass_through and not find_spec("cv2"):
        say("OpenCV is not installed: the records are the same, but take longer; pip install 'gpu-im2rec[opencv]'")
    with progress.shown() as tell:
        report = packing.pack(list_path, root, out, options, progress=tell, on_shortage=warn_of_space)
    show_report(replace(report, bottleneck=report.bottleneck.partition("; ")[0]))  # advice is on other options
    return report.exit_code
