"""A contact sheet: some records of a file, small, side by side."""

from gpu_im2rec.showing.sheet.choosing import Choice
from gpu_im2rec.showing.sheet.making import Sheet, make_sheet

__all__ = ["Choice", "Sheet", "make_sheet"]
