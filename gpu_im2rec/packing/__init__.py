"""Packing a list of pictures into a RecordIO file."""

from gpu_im2rec.packing.dry_run import Estimate, dry_run
from gpu_im2rec.packing.options import FailureLimit, PackOptions
from gpu_im2rec.packing.report import PackReport, Progress
from gpu_im2rec.packing.run import pack
from gpu_im2rec.packing.timing import BenchReport, bench

__all__ = [
    "BenchReport",
    "Estimate",
    "FailureLimit",
    "PackOptions",
    "PackReport",
    "Progress",
    "bench",
    "dry_run",
    "pack",
]
