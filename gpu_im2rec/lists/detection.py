"""Detection labels, and whether a list's are consistent.

A line's labels are a header of A numbers, then objects of B numbers each::

    A  B  [A - 2 more]  id xmin ymin xmax ymax [B - 5 more]  id xmin …

A is 2 or more, B is 5 or more, corners are shares of width and height, 0 … 1.

Source: mxnet, src/io/image_det_aug_default.cc and python/mxnet/image/detection.py; the latter needs the same A and B in
all records.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from gpu_im2rec.lists.entry import Entry
from gpu_im2rec.lists.parsing import excerpt
from gpu_im2rec.lists.reading import MalformedLine

_CORNERS = 5  # an object's first numbers: id xmin ymin xmax ymax
_ROUNDING = 1e-3  # so far beyond 0 … 1 a corner may lie


class Box(NamedTuple):
    """An object of a picture: its class, and its corners as shares of width and height."""

    class_id: int
    xmin: float
    ymin: float
    xmax: float
    ymax: float


def boxes_of(labels: tuple[float, ...]) -> list[Box]:
    """The objects that the labels of one picture tell of; none where the labels are not consistent."""
    if _problem(labels, None):
        return []
    header, width = map(int, labels[:2])
    objects = (labels[start : start + _CORNERS] for start in range(header, len(labels), width))
    return [Box(int(class_id), *corners) for class_id, *corners in objects]


def check_detection(lines: Iterable[Entry | MalformedLine]) -> Iterator[Entry | MalformedLine]:
    """``lines``, with each entry whose labels are not consistent as a MalformedLine in its place.

    The first good entry's A and B are what the others must have.
    """
    widths: tuple[float, ...] | None = None
    for line in lines:
        if isinstance(line, Entry):
            problem = _problem(line.labels, widths)
            if problem:
                yield MalformedLine(line.line, excerpt(line.path), f"labels: {problem}", line)
                continue
            widths = line.labels[:2]
        yield line


def _problem(labels: tuple[float, ...], widths: tuple[float, ...] | None) -> str:
    """What is wrong, and what would be right; empty where nothing is."""
    if len(labels) < 2:
        return "no header; they begin with A B, the widths of header and objects, such as 2 5"
    header, width = labels[:2]
    if not (header.is_integer() and width.is_integer() and header >= 2 and width >= _CORNERS):
        return f"{header:g} {width:g} are no widths of header and objects; A is 2 or more, B is 5 or more"
    if widths and (header, width) != widths:
        return f"widths {header:g} {width:g}, and {widths[0]:g} {widths[1]:g} above; all lines must have the same"
    rest = len(labels) - int(header)
    if rest < width or rest % width:
        return f"{rest} numbers behind a header of {header:g} are no objects of {width:g} each"
    for start in range(int(header), len(labels), int(width)):
        problem = _object_problem(*labels[start : start + _CORNERS])
        if problem:
            return f"object {(start - int(header)) // int(width) + 1}: {problem}"
    return ""


def _object_problem(class_id: float, xmin: float, ymin: float, xmax: float, ymax: float) -> str:
    box = f"{xmin:g} {ymin:g} {xmax:g} {ymax:g}"
    if not (class_id.is_integer() and class_id >= 0):
        return f"class {class_id:g} is no whole number from 0"
    if not all(-_ROUNDING <= corner <= 1 + _ROUNDING for corner in (xmin, ymin, xmax, ymax)):
        return f"box {box} leaves 0 … 1; divide pixels by width and height"
    if not (xmin < xmax and ymin < ymax):
        return f"box {box} is empty; readers drop it. The order is xmin ymin xmax ymax"
    return ""
