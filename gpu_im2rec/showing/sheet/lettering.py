"""Text in a picture: in a font that has its characters, cut in the middle to fit."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from PIL import ImageFont

_NO_CHARACTER = "\U0010ffff"  # draws what a font draws for all that it lacks
_LONGEST = 400  # characters; more do not fit anywhere
# Behind Pillow's own font, which has little more than ASCII: what systems bring along, the narrower ones first.
_FONTS = (
    "DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "segoeui.ttf", "Arial Unicode.ttf",
    "NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf", "DroidSansFallbackFull.ttf", "wqy-zenhei.ttc",
    "wqy-microhei.ttc", "msyh.ttc", "PingFang.ttc", "Hiragino Sans GB.ttc", "YuGothM.ttc", "malgun.ttf",
)  # fmt: skip

Font = ImageFont.FreeTypeFont


class Lettered(NamedTuple):
    """Text as it is drawn, and the font for it."""

    text: str
    font: Font
    whole: bool = True  # False: some characters are in no font here, and stand as escapes such as \\u6f22

    @property
    def width(self) -> float:
        """In pixels."""
        return self.font.getlength(self.text, direction=self.direction)

    @property
    def direction(self) -> str | None:
        """Of the whole line, where what draws it can be told: a name in Arabic does not turn the line round."""
        return "ltr" if self.font.layout_engine == ImageFont.Layout.RAQM else None


def fitted(text: str, size: int, width: int) -> Lettered:
    """``text`` in letters of ``size`` pixels, no wider than ``width``: what is too long loses its middle."""
    lettered = _lettered(cut(text, _LONGEST), size)
    if lettered.width <= width:
        return lettered
    fits, fails = 0, len(lettered.text)  # characters that are kept
    while fails - fits > 1:
        middle = (fits + fails) // 2
        if lettered._replace(text=cut(lettered.text, middle)).width <= width:
            fits = middle
        else:
            fails = middle
    return lettered._replace(text=cut(lettered.text, fits))


def wrapped(text: str, size: int, width: int, lines: int) -> list[Lettered]:
    """``text`` broken between words into ``lines`` at most; the last one loses its middle where more is left."""
    done: list[Lettered] = []
    words = text[:_LONGEST].split()
    while words and len(done) < lines - 1:
        count = 1
        while count < len(words) and _lettered(" ".join(words[: count + 1]), size).width <= width:
            count += 1
        done.append(fitted(" ".join(words[:count]), size, width))
        words = words[count:]
    return [*done, fitted(" ".join(words), size, width)] if words else done


def cut(text: str, characters: int) -> str:
    """``characters`` of ``text``, half from each end, and between them what says that there are more."""
    if len(text) <= characters:
        return text
    end = characters // 2
    return f"{text[: characters - end]}…{text[len(text) - end :]}"


def _lettered(text: str, size: int) -> Lettered:
    text = visible(text)
    for font in _fonts(size):
        if not any(_lacks(font, letter) for letter in text):
            return Lettered(text, font)
    best = min(_fonts(size), key=lambda font: sum(_lacks(font, letter) for letter in text))
    return Lettered("".join(_escaped(letter) if _lacks(best, letter) else letter for letter in text), best, whole=False)


def visible(text: str) -> str:
    """``text`` with what would not show, or would move a cursor, as escapes."""
    return "".join(letter if letter.isprintable() else _escaped(letter) for letter in text)


def _escaped(letter: str) -> str:
    return repr(letter)[1:-1] if letter.isascii() else letter.encode("ascii", "backslashreplace").decode()


@cache
def _fonts(size: int) -> list[Font]:
    fonts = [ImageFont.load_default(size)]
    for name in _FONTS:
        try:
            fonts.append(ImageFont.truetype(name, size))
        except OSError:  # not on this system
            continue
    return [font for font in fonts if isinstance(font, Font)]


@cache
def _lacks(font: Font, letter: str) -> bool:
    return not letter.isspace() and _drawn(font, letter) == _missing(font)


@cache
def _missing(font: Font) -> tuple[float, tuple[int, int], bytes]:
    return _drawn(font, _NO_CHARACTER)


def _drawn(font: Font, letter: str) -> tuple[float, tuple[int, int], bytes]:
    mask = font.getmask(letter)
    return font.getlength(letter), mask.size, bytes(mask)
