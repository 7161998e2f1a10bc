"""Looking into finished files and into this installation."""

from gpu_im2rec.inspection.installation import Check, examine
from gpu_im2rec.inspection.repair import LeftOut, RepairReport, repair
from gpu_im2rec.inspection.set_summary import SetSummary, summarize_set
from gpu_im2rec.inspection.summary import Summary, summarize
from gpu_im2rec.inspection.verify import verify
from gpu_im2rec.inspection.verify_report import Step, VerifyReport
from gpu_im2rec.inspection.verify_set import verify_set

__all__ = [
    "Check",
    "LeftOut",
    "RepairReport",
    "SetSummary",
    "Step",
    "Summary",
    "VerifyReport",
    "examine",
    "repair",
    "summarize",
    "summarize_set",
    "verify",
    "verify_set",
]
