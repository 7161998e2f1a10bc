"""Pictures in a terminal: an upper half block is two pixels, one in the letter's colour, one in its ground's."""

from __future__ import annotations

import sys
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.cells import cell_len
from rich.color import Color
from rich.console import Console
from rich.style import Style
from rich.text import Text

from gpu_im2rec.showing.class_names import ClassNames
from gpu_im2rec.showing.sheet import words
from gpu_im2rec.showing.sheet.lettering import cut, visible

_WIDTH = 26  # columns a picture and the gap behind it take at least
_GAP = 2
_SHADES = " ░▒▓█"  # where a terminal has no colours, or none is there
_SCREENFULS = 2


def show(sheet: Any) -> None:
    """A sample of ``sheet`` on standard output: what fits a screenful or two."""
    if sys.stdout is None:  # closed
        return
    console = Console(highlight=False, markup=False, emoji=False)
    across = max(1, (console.width + _GAP) // _WIDTH)
    width = max(2, (console.width + _GAP) // across - _GAP)
    height = -(-width // 2) + (3 if sheet.selection.worst else 2) + 1  # with captions and an empty line
    shown = sheet.sample(across * max(1, _SCREENFULS * console.height // height))
    console.print(Text(visible(f"{sheet.rec.name}: {sheet.subtitle}"), "bold"))
    for start in range(0, len(shown), across):
        console.print()
        for line in zip_longest(*(_tile(tile, sheet.names, width, console) for tile in shown[start : start + across])):
            console.print(_line(line, width), no_wrap=True, overflow="crop")
    rest = f"all are in {sheet.out}" if sheet.out else "name a picture, such as sheet.jpg, for all of them"
    if len(shown) < len(sheet.tiles) or sheet.out:
        console.print(Text(f"\n{len(shown):,} of {len(sheet.tiles):,}; {visible(rest)}", "dim"), soft_wrap=True)


def _line(pieces: tuple[Text | None, ...], width: int) -> Text:
    """One line of the tiles side by side."""
    line = Text()
    for piece in (each or Text() for each in pieces):
        line.append_text(piece).append(" " * (width + _GAP - piece.cell_len))
    line.rstrip()
    return line


def _tile(tile: Any, names: ClassNames, width: int, console: Console) -> list[Text]:
    """A picture and its captions, line by line."""
    height = -(-width // 2)
    if tile.pixels is None:
        lines = list(Text(visible(tile.failure), "red").wrap(console, width))[:height]
    else:
        lines = pictured(
            _fitted(tile.pixels, width), coloured=console.color_system is not None and not console.no_color
        )
    above = [Text()] * ((height - len(lines)) // 2)
    below = [Text()] * (height - len(lines) - len(above))
    captions = zip(words.captions(tile, names, under_heading=False), ("bold", "dim", "red"), strict=False)
    return [*above, *lines, *below, *(Text(_short(caption, width), style) for caption, style in captions)]


def _fitted(pixels: NDArray[np.uint8], edge: int) -> NDArray[np.uint8]:
    """``pixels`` with its longer side ``edge``; a small picture is enlarged."""
    image = Image.fromarray(pixels)
    share = edge / max(image.size)
    size = max(1, round(image.width * share)), max(1, round(image.height * share))
    return np.asarray(image.resize(size, Image.Resampling.BOX if share < 1 else Image.Resampling.NEAREST))


def pictured(pixels: NDArray[np.uint8], *, coloured: bool) -> list[Text]:
    """Pixels (H, W, 3) as ceil(H / 2) lines of W columns."""
    lines = []
    for upper, lower in zip_longest(pixels[::2].tolist(), pixels[1::2].tolist()):
        line = Text()
        for at, pixel in enumerate(upper):
            below = lower[at] if lower else None
            if coloured:
                ground = Color.from_rgb(*below) if below else None
                line.append("▀", Style(color=Color.from_rgb(*pixel), bgcolor=ground))
            else:
                level = sum(pixel + (below or pixel)) / 6
                line.append(_SHADES[int(level * len(_SHADES) / 256)])
        lines.append(line)
    return lines


def _short(text: str, width: int) -> str:
    text = visible(cut(text, 400))
    kept = len(text)
    while cell_len(cut(text, kept)) > width and kept:
        kept -= 1
    return cut(text, kept)
