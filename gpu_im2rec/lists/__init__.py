"""List files (``.lst``): reading them as streams of entries, checking them, making them from folders."""

from gpu_im2rec.lists.duplicates import DuplicateIndices
from gpu_im2rec.lists.entry import Entry
from gpu_im2rec.lists.making import ListFile, ListReport, make_list
from gpu_im2rec.lists.reading import MalformedLine, count_lines, read_lines, read_list

__all__ = [
    "DuplicateIndices",
    "Entry",
    "ListFile",
    "ListReport",
    "MalformedLine",
    "count_lines",
    "make_list",
    "read_lines",
    "read_list",
]
