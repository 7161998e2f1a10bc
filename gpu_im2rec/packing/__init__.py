"""Packing a list of pictures into a RecordIO file."""

from gpu_im2rec.packing.dry_run import Estimate, dry_run
from gpu_im2rec.packing.options import FailureLimit, PackOptions
from gpu_im2rec.packing.report import PackReport, Progress
from gpu_im2rec.packing.run import pack

__all__ = ["Estimate", "FailureLimit", "PackOptions", "PackReport", "Progress", "dry_run", "pack"]
