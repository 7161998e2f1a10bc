"""The lines of a list that a run is asked to pack."""

from __future__ import annotations

import os
from collections.abc import Iterator

from gpu_im2rec.lists import Entry, MalformedLine, Span, check_detection, only_entries, read_lines, whole
from gpu_im2rec.packing.options import PackOptions

PathLike = str | os.PathLike[str]
Line = Entry | MalformedLine  # a line of the list that is not blank


def why_no_list(list_path: PathLike) -> str:
    """What to say of a file with lines none of which is an entry, with any number of labels; empty where one is."""
    if any(isinstance(line, Entry) for line in read_lines(list_path)):
        return ""
    return (
        f"{list_path!s} is no list: not one of its lines has index, label(s) and path, separated by TABs. "
        "`gpu-im2rec list PREFIX ROOT` makes one"
    )


def span_of(list_path: PathLike, options: PackOptions) -> Span:
    """The part of the list that ``options`` ask for. Raises ListError, and UsageError for a part without lines."""
    return options.part.span(list_path) if options.part else whole(list_path)


def lines_of(list_path: PathLike, span: Span, options: PackOptions) -> Iterator[Line]:
    """The lines of ``span``, read and checked as ``options`` ask.

    Raises ListError at a malformed line where the first failure ends the run.
    """
    lines = read_lines(list_path, label_width=options.label_width, span=span, dialect=options.dialect)
    if options.check_labels == "detection":
        lines = check_detection(lines)
    return only_entries(list_path, lines) if options.on_error == "fail" else lines
