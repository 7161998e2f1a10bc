"""List files (``.lst``): reading them as streams of entries, checking them, making them from folders."""

from gpu_im2rec.lists.detection import check_detection
from gpu_im2rec.lists.duplicates import DuplicateIndices
from gpu_im2rec.lists.entry import Entry
from gpu_im2rec.lists.files import count_lines
from gpu_im2rec.lists.making import ListFile, ListReport, make_list
from gpu_im2rec.lists.partition import Span, part_by_bytes, part_by_lines, parts_by_lines, whole
from gpu_im2rec.lists.reading import Dialect, MalformedLine, only_entries, read_lines, read_list
from gpu_im2rec.lists.writing import list_line

__all__ = [
    "Dialect",
    "DuplicateIndices",
    "Entry",
    "ListFile",
    "ListReport",
    "MalformedLine",
    "Span",
    "check_detection",
    "count_lines",
    "list_line",
    "make_list",
    "only_entries",
    "part_by_bytes",
    "part_by_lines",
    "parts_by_lines",
    "read_lines",
    "read_list",
    "whole",
]
