"""A page about one record file: what is in it, and how the run went that packed it."""

from gpu_im2rec.showing.report.making import Report, make_report, page_of

__all__ = ["Report", "make_report", "page_of"]
