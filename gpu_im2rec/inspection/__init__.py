"""Looking into finished files and into this installation."""

from gpu_im2rec.inspection.installation import Check, examine
from gpu_im2rec.inspection.summary import Summary, summarize

__all__ = ["Check", "Summary", "examine", "summarize"]
