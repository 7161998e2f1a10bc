"""Packing a list of pictures into a RecordIO file."""

from gpu_im2rec.packing.convert import ConvertReport, convert
from gpu_im2rec.packing.dry_run import Estimate, dry_run
from gpu_im2rec.packing.faces import FaceReport
from gpu_im2rec.packing.means import choose_engine
from gpu_im2rec.packing.options import FailureLimit, PackOptions
from gpu_im2rec.packing.part import Part
from gpu_im2rec.packing.report import PackReport, Progress
from gpu_im2rec.packing.run import pack
from gpu_im2rec.packing.space import Space
from gpu_im2rec.packing.timing import BenchReport, bench

__all__ = [
    "BenchReport",
    "ConvertReport",
    "Estimate",
    "FaceReport",
    "FailureLimit",
    "PackOptions",
    "PackReport",
    "Part",
    "Progress",
    "Space",
    "bench",
    "choose_engine",
    "convert",
    "dry_run",
    "pack",
]
