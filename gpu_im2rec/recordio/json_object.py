"""An object of a JSON file of unknown origin, of which nothing is believed before it was looked at."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any, Literal, Self, overload

_LONGEST_NAME = 255  # characters
_LONGEST_SHOWN = 60
_NO_NAME = re.compile(r"[\x00-\x1f\x7f/\\\ud800-\udc7f\udd00-\udfff]")  # but what stands for bytes that are no UTF-8


@dataclass(frozen=True, slots=True)
class JsonObject:
    """An object of the file; ``where`` it stands, such as "shards[3].". Whatever is not as it should be: ValueError."""

    values: Any
    where: str

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """The one that is all of ``content``."""
        try:
            return cls(json.loads(content, parse_constant=_no_number, parse_float=_finite), "")
        except RecursionError:
            raise ValueError("too deep for JSON") from None

    def __post_init__(self) -> None:
        if not isinstance(self.values, dict):
            raise ValueError(f"{self.where.rstrip('.') or 'the file'}: {shown(self.values)}, not an object")

    def wrong(self, name: str, value: object, expected: str) -> ValueError:
        """What to raise where ``value`` of ``name`` is not what was ``expected``."""
        return ValueError(f"{self.where}{name}: {shown(value)}, not {expected}")

    def get(self, name: str) -> Any:
        """Whatever ``name`` says."""
        if name not in self.values:
            raise ValueError(f"{self.where}{name} is missing")
        return self.values[name]

    def object(self, name: str) -> JsonObject:
        """An object in it."""
        return JsonObject(self.get(name), f"{self.where}{name}.")

    def objects(self, name: str) -> list[JsonObject]:
        """A list of objects."""
        values = self.get(name)
        if not isinstance(values, list):
            raise self.wrong(name, values, "a list")
        return [JsonObject(value, f"{self.where}{name}[{number}].") for number, value in enumerate(values)]

    def text(self, name: str) -> str:
        """Characters."""
        value = self.get(name)
        if not isinstance(value, str):
            raise self.wrong(name, value, "a text")
        return value

    @overload
    def number(self, name: str) -> int: ...
    @overload
    def number(self, name: str, *, may_lack: Literal[True]) -> int | None: ...
    def number(self, name: str, *, may_lack: bool = False) -> int | None:
        """A whole number, 0 … 2^63-1; None for null where that may be."""
        value = self.get(name)
        if value is None and may_lack:
            return None
        if type(value) is not int or not 0 <= value < 1 << 63:
            raise self.wrong(name, value, "a whole number of 0 … 2^63-1")
        return value

    def name(self, name: str) -> str:
        """The name of a file, which leads to no other folder."""
        value = self.text(name)
        if not is_name(value):
            raise self.wrong(name, value, "the name of a file beside it")
        return value


def is_name(text: str) -> bool:
    """Whether a file may be called so, everywhere: without control characters and what leads to another folder."""
    return len(text) <= _LONGEST_NAME and not _NO_NAME.search(text) and text not in ("", ".", "..")


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number")


def _finite(text: str) -> float:
    if math.isinf(value := float(text)):
        raise ValueError(f"{shown(text)} is too large a number")
    return value


def shown(value: object) -> str:
    """``value`` for messages: its beginning, in ASCII."""
    text = ascii(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
