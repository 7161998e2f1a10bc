"""The channels that ``color`` asks for, from decoded ones, by OpenCV's formulas: im2rec's records come out."""

from __future__ import annotations

import numpy as np

from cpu_fallback.picture import Picture, Pixels


def from_grey(pixels: Pixels, color: int) -> Picture:
    """(H, W, 1) grey to what ``color`` (1, 0 or -1) asks for."""
    return Picture(np.repeat(pixels, 3, axis=2), "RGB") if color == 1 else Picture(pixels, "GRAY")


def from_color(pixels: Pixels, color: int) -> Picture:
    """(H, W, 3) RGB to what ``color`` asks for."""
    if color != 0:
        return Picture(pixels, "RGB")
    red, green, blue = (pixels[..., channel].astype(np.int32) for channel in range(3))
    grey = (red * 4899 + green * 9617 + blue * 1868 + (1 << 13)) >> 14
    return Picture(grey.astype(np.uint8)[..., None], "GRAY")


def from_cmyk(paper: Pixels, color: int) -> Picture:
    """(H, W, 4) CMYK to what ``color`` asks for: inks multiply, no colour profile. 255 is no ink, as JPEGs have it."""
    levels = paper.astype(np.int32)
    black = levels[..., 3:]
    return from_color((black - (((255 - levels[..., :3]) * black) >> 8)).astype(np.uint8), color)
