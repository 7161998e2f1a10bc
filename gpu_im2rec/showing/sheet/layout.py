"""Where everything stands on a sheet: pure integers, pixels from the upper left."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from gpu_im2rec.showing.tile import EDGE

MARGIN = 28
GAP = 14
LINE = 16  # of a caption
TITLE = 76
HEADING = 36

_WIDEST = 3900
_NARROWEST = 4  # tiles; a title needs them
_BROADER = 1.3  # than high, a sheet of one block
_HIGHER = 1.4  # than broad, a sheet of many blocks


class Box(NamedTuple):
    """Left, upper, width, height."""

    x: int
    y: int
    width: int
    height: int


class Place(NamedTuple):
    """Where a block's heading and tiles are; tiles are without their captions, which stand below."""

    heading: Box
    tiles: list[Box]


class Layout(NamedTuple):
    """A sheet of ``width`` x ``height``."""

    width: int
    height: int
    blocks: list[Place]


def laid_out(counts: Sequence[int], *, headings: bool, caption_lines: int) -> Layout:
    """Places for blocks of ``counts`` ≥ 1 tiles: beside each other in columns where there are many of them."""
    across = _tiles_across(counts, headings)
    width = across * (EDGE + GAP) - GAP
    top = HEADING if headings else 0
    tile_height = EDGE + 6 + LINE * caption_lines + GAP
    heights = [top + -(-count // across) * tile_height for count in counts]
    places: list[Place] = []
    lowest = 0
    columns = _dealt(heights, _columns(sum(heights), width))
    for number, column in enumerate(columns):
        x, y = MARGIN + number * (width + 3 * GAP), MARGIN + TITLE
        for each in column:
            tiles = [
                Box(x + at % across * (EDGE + GAP), y + top + at // across * tile_height, EDGE, EDGE)
                for at in range(counts[each])
            ]
            places.append(Place(Box(x, y, width, top), tiles))
            y += heights[each]
        lowest = max(lowest, y)
    return Layout(2 * MARGIN + len(columns) * (width + 3 * GAP) - 3 * GAP, lowest - GAP + MARGIN, places)


def _tiles_across(counts: Sequence[int], headings: bool) -> int:
    most = (_WIDEST + GAP) // (EDGE + GAP)
    wished = max(counts) if headings else math.ceil(math.sqrt(_BROADER * sum(counts)))
    return min(max(wished, _NARROWEST), most)


def _columns(height: int, width: int) -> int:
    """Into how many columns blocks of ``width`` and so much ``height`` together are divided."""
    most = max(1, (_WIDEST + 3 * GAP) // (width + 3 * GAP))
    return min(max(1, round(math.sqrt(height / width / _HIGHER))), most)


def _dealt(heights: Sequence[int], columns: int) -> list[list[int]]:
    """The blocks in order, a new column where one has its share."""
    share = sum(heights) / columns
    dealt: list[list[int]] = [[]]
    before = 0
    for each, height in enumerate(heights):
        if dealt[-1] and before + height / 2 > share * len(dealt) and len(dealt) < columns:
            dealt.append([])
        dealt[-1].append(each)
        before += height
    return dealt
