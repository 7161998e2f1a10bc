"""A sheet, drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PIL import Image, ImageDraw

from gpu_im2rec.lists.detection import ObjectBox
from gpu_im2rec.showing.sheet import layout
from gpu_im2rec.showing.sheet.layout import LINE, Box
from gpu_im2rec.showing.sheet.lettering import Lettered, fitted, wrapped
from gpu_im2rec.showing.tile import EDGE, Tile

_PAPER, _MOUNT, _EDGE_LINE = "#ffffff", "#ececec", "#d0d0d0"
_INK, _SOFT, _BAR, _BAD, _BAD_MOUNT = "#1c1c1c", "#595959", "#2f6fb2", "#a8201a", "#fdecea"
_OBJECTS = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7")  # Okabe and Ito's
_MOST_ENLARGED = 8  # times: single pixels can be told apart
_BAR_WIDTH = 120
_TITLE_SIZE, _HEADING_SIZE, _SIZE, _SMALL = 26, 17, 13, 11


class Drawn(NamedTuple):
    """A tile, and the lines below it."""

    tile: Tile
    captions: list[str]


class Block(NamedTuple):
    """Tiles under a heading; without one where ``heading`` is empty."""

    heading: str
    records: str  # how many, in words
    share: float  # of the largest class's records, 0 … 1
    tiles: list[Drawn]


class Page:
    """A picture that is drawn upon; ``lacking``: what had characters that no font here has."""

    def __init__(self, width: int, height: int) -> None:
        self.image = Image.new("RGB", (width, height), _PAPER)
        self.lacking: list[str] = []
        self._draw = ImageDraw.Draw(self.image)

    def text(self, x: int, y: int, text: str, size: int, width: int, colour: str = _INK, anchor: str = "ls") -> int:
        """One line with its baseline at ``y``, beginning at ``x``, or ending there with the anchor "rs" → its width."""
        lettered = fitted(text, size, width)
        if not lettered.whole:
            self.lacking.append(text)
        self._line(x, y, lettered, colour, anchor)
        return round(lettered.width)

    def paragraph(self, box: Box, text: str, colour: str) -> None:
        """``text`` in the middle of ``box``."""
        lines = wrapped(text, _SIZE, box.width - 16, box.height // LINE - 1)
        top = box.y + (box.height - LINE * len(lines)) // 2
        middle = box.x + box.width // 2
        for number, line in enumerate(lines):
            self._line(middle, top + LINE * number + 12, line, colour, "ms")

    def _line(self, x: int, y: int, line: Lettered, colour: str, anchor: str) -> None:
        self._draw.text((x, y), line.text, colour, line.font, anchor=anchor, direction=line.direction)

    def area(self, box: Box, colour: str, outline: str | None = None) -> None:
        """A filled ``box``."""
        self._draw.rectangle((box.x, box.y, box.x + box.width - 1, box.y + box.height - 1), colour, outline)

    def frame(self, box: Box, colour: str) -> None:
        """A line of 2 pixels around ``box``, on a dark one that shows it on any ground."""
        corners = (box.x, box.y, box.x + max(box.width, 3) - 1, box.y + max(box.height, 3) - 1)
        self._draw.rectangle(corners, outline="black", width=3)
        self._draw.rectangle(corners, outline=colour, width=2)


def draw(title: str, subtitle: str, blocks: Sequence[Block]) -> Page:
    """The sheet of ``blocks``. Deterministic."""
    headings = any(block.heading for block in blocks)
    lines = max((len(drawn.captions) for block in blocks for drawn in block.tiles), default=0)
    plan = layout.laid_out([len(block.tiles) for block in blocks], headings=headings, caption_lines=lines)
    page = Page(plan.width, plan.height)
    width = plan.width - 2 * layout.MARGIN
    page.text(layout.MARGIN, layout.MARGIN + 22, title, _TITLE_SIZE, width)
    page.text(layout.MARGIN, layout.MARGIN + 48, subtitle, 15, width, _SOFT)
    for block, place in zip(blocks, plan.blocks, strict=True):
        if block.heading:
            _draw_heading(page, place.heading, block)
        for drawn, box in zip(block.tiles, place.tiles, strict=True):
            _draw_tile(page, box, drawn)
    return page


def _draw_heading(page: Page, box: Box, block: Block) -> None:
    page.area(Box(box.x, box.y, box.width, 1), _EDGE_LINE)
    right = box.x + box.width - _BAR_WIDTH - layout.GAP
    count = page.text(right, box.y + 25, block.records, _SIZE, box.width // 3, _SOFT, "rs")
    page.text(box.x, box.y + 25, block.heading, _HEADING_SIZE, right - count - layout.GAP - box.x)
    bar = Box(box.x + box.width - _BAR_WIDTH, box.y + 16, _BAR_WIDTH, 8)
    page.area(bar, _MOUNT)
    page.area(bar._replace(width=max(1, round(block.share * _BAR_WIDTH))), _BAR)


def _draw_tile(page: Page, box: Box, drawn: Drawn) -> None:
    tile = drawn.tile
    if tile.pixels is None:
        page.area(box, _BAD_MOUNT, _BAD)
        page.paragraph(box, tile.failure, _BAD)
    else:
        page.area(box, _MOUNT)
        picture = Image.fromarray(tile.pixels)
        times = min(EDGE // max(picture.size), _MOST_ENLARGED)
        if times > 1:
            picture = picture.resize((picture.width * times, picture.height * times), Image.Resampling.NEAREST)
        place = Box(box.x + (EDGE - picture.width) // 2, box.y + (EDGE - picture.height) // 2, *picture.size)
        page.image.paste(picture, place[:2])
        for found in tile.boxes:
            _draw_object(page, place, found)
    for number, caption in enumerate(drawn.captions):
        colour = _BAD if caption == tile.reason else _SOFT if number else _INK
        page.text(box.x, box.y + EDGE + 17 + LINE * number, caption, _SIZE, EDGE, colour)


def _draw_object(page: Page, picture: Box, found: ObjectBox) -> None:
    left, right = (picture.x + round(min(max(x, 0), 1) * picture.width) for x in (found.xmin, found.xmax))
    upper, lower = (picture.y + round(min(max(y, 0), 1) * picture.height) for y in (found.ymin, found.ymax))
    colour = _OBJECTS[found.class_id % len(_OBJECTS)]
    page.frame(Box(left, upper, right - left, lower - upper), colour)
    tag = fitted(str(found.class_id), _SMALL, EDGE)
    width = int(tag.width) + 4
    if right - left > width and lower - upper > 13:
        page.area(Box(left, upper, width, 13), colour)
        page.text(left + 2, upper + 11, tag.text, _SMALL, EDGE)
