"""Looking into finished files and into this installation."""

from gpu_im2rec.inspection.installation import Check, examine
from gpu_im2rec.inspection.repair import LeftOut, RepairReport, repair
from gpu_im2rec.inspection.summary import Summary, summarize
from gpu_im2rec.inspection.verify import verify
from gpu_im2rec.inspection.verify_report import Step, VerifyReport

__all__ = [
    "Check",
    "LeftOut",
    "RepairReport",
    "Step",
    "Summary",
    "VerifyReport",
    "examine",
    "repair",
    "summarize",
    "verify",
]
