"""The ``key=value`` words of the C++ im2rec, as options of a run."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from gpu_im2rec.cli.output import say
from gpu_im2rec.errors import UsageError
from gpu_im2rec.packing import PackOptions, Part
from gpu_im2rec.transcode.spec import Encoding, Interp

INTER_METHODS: dict[int, Interp] = {
    0: "nearest",
    1: "linear",
    2: "cubic",
    3: "area",
    4: "lanczos",
    9: "auto",
    10: "random",
}
ENCODINGS: dict[str, Encoding] = {".jpg": "jpg", ".png": "png"}


class Key(NamedTuple):
    """What a key means, and the parameters of `pack` that mean the same."""

    meaning: str
    parameters: tuple[str, ...]


KEYS = {
    "resize": Key("shorter edge in pixels; 0 or less keeps the size", ("resize",)),
    "center_crop": Key("1: cut to the square in the middle, before the resize", ("center_crop",)),
    "color": Key("1 colour, 0 grey, -1 as the file is", ("color",)),
    "inter_method": Key("0 nearest 1 linear 2 cubic 3 area 4 Lanczos 9 by size 10 random", ("interp",)),
    "encoding": Key(".jpg or .png", ("encoding",)),
    "quality": Key("JPEG 1 … 100, PNG 0 … 9", ("quality", "png_level")),
    "unchanged": Key("1: store the files' own bytes", ("pass_through",)),
    "label_width": Key("label columns in the list", ("label_width",)),
    "pack_label": Key("1: store all of them", ("pack_label",)),
    "nsplit": Key("cut the list into so many parts, by bytes", ("part",)),
    "part": Key("which of them to pack, from 0", ("part",)),
    "resume": Key("1: go on where an interrupted run stopped; im2rec cannot", ("resume",)),
    "accept_truncated": Key("1: pack what decodes of cut JPEGs; im2rec has no such key", ("accept_truncated",)),
    "seed": Key("for inter_method=10; im2rec has no such key and draws anew", ("seed",)),
}

_OF_A_PICTURE: dict[str, Callable[[int], dict[str, Any]]] = {
    "resize": lambda edge: {"resize": max(0, edge)},
    "center_crop": lambda flag: {"center_crop": flag != 0},
    "color": lambda color: {"color": color},
    "inter_method": lambda method: {"interp": _interp(method)},
    "unchanged": lambda flag: {"pass_through": flag == 1},  # and not any other number, as in im2rec
    "accept_truncated": lambda flag: {"accept_truncated": flag != 0},
    "seed": lambda seed: {"seed": seed},
}
_OF_A_RUN: dict[str, Callable[[int], dict[str, Any]]] = {
    "label_width": lambda width: {"label_width": _label_width(width)},
    "pack_label": lambda flag: {"pack_label": flag != 0},
    "resume": lambda flag: {"resume": flag != 0},
}


def parse(words: Sequence[str]) -> dict[str, str]:
    """Keys and values. Raises UsageError for what is no known key with a value, or is there twice."""
    values: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or key not in KEYS:
            raise UsageError(f"{word!r} is not understood{_advice(key, value)}")
        if key in values:
            raise UsageError(f"{key}= is there twice; leave one out")
        values[key] = value
    return values


def applied(values: dict[str, str], options: PackOptions) -> PackOptions:
    """``options`` with ``values`` in their place. Raises UsageError for a value outside its range."""
    numbers = {key: _number(key, text) for key, text in values.items() if key != "encoding"}
    encoding = _encoding(values["encoding"]) if "encoding" in values else options.transcode.encoding
    picture: dict[str, Any] = {"encoding": encoding}
    if "quality" in numbers:
        picture |= (jpeg_quality if encoding == "jpg" else _png_level)(numbers["quality"])
    run: dict[str, Any] = {}
    for key, number in numbers.items():
        if key in _OF_A_PICTURE:
            picture |= _OF_A_PICTURE[key](number)
        elif key in _OF_A_RUN:
            run |= _OF_A_RUN[key](number)
    count, number = numbers.get("nsplit", 1), numbers.get("part", 0)
    if (count, number) != (1, 0):
        run |= {"part": Part(number, count, "bytes"), "allow_empty": True}
    return replace(options, transcode=replace(options.transcode, **picture), **run)


def jpeg_quality(quality: int) -> dict[str, int]:
    """As OpenCV takes it: within 1 … 100."""
    within = min(max(quality, 1), 100)
    if within != quality:
        say(f"quality {quality} is taken as {within}, as im2rec does")
    return {"quality": within}


def _png_level(quality: int) -> dict[str, int]:
    """0 … 9; what is more is meant for JPEG, and im2rec's C++ tool takes 3 then."""
    level = 3 if quality > 9 else max(quality, 0)
    if level != quality:
        say(f"PNG's compression is 0 … 9: quality={quality} is taken as {level}, as im2rec does")
    return {"png_level": level}


def _number(key: str, text: str) -> int:
    if not re.fullmatch(r"[-+]?\d{1,18}", text, re.ASCII):
        raise UsageError(f"{key}={text}: not a whole number")
    return int(text)


def _interp(number: int) -> Interp:
    if number not in INTER_METHODS:
        known = ", ".join(f"{each} {name}" for each, name in INTER_METHODS.items())
        raise UsageError(f"inter_method={number}: there are {known}")
    return INTER_METHODS[number]


def _label_width(number: int) -> int:
    if number < 1:
        raise UsageError(f"label_width={number}: must be at least 1")
    return number


def _encoding(text: str) -> Encoding:
    if text not in ENCODINGS:
        raise UsageError(f"encoding={text}: must be .jpg or .png")
    return ENCODINGS[text]


def _advice(key: str, value: str) -> str:
    """What was probably meant."""
    name = key.lstrip("-").replace("-", "_")
    near = difflib.get_close_matches(name, KEYS, 1)
    if not near:
        return f": expected key=value, where key is one of {', '.join(KEYS)}"
    return f"; did you mean {near[0]}={value or '…'}?"
