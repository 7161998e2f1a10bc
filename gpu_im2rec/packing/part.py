"""A share of a list, packed by itself: what other machines or processes pack the rest of."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal, TypeVar

from gpu_im2rec.errors import UsageError
from gpu_im2rec.lists import Span, part_by_bytes, part_by_lines

P = TypeVar("P", bound=PurePath)


@dataclass(frozen=True, slots=True)
class Part:
    """Part ``number`` of ``count``, counted from 0. Raises UsageError on construction where there is no such part."""

    number: int
    count: int
    rule: Literal["lines", "bytes"] = "lines"  # "bytes" cuts where im2rec's nsplit does, less evenly
    cut: Span | None = None  # where it lies, if all parts were cut at once: then it is a shard of a set

    def __post_init__(self) -> None:
        if self.count < 1:
            raise UsageError(f"a list is cut into 1 part or more, not {self.count}")
        if not 0 <= self.number < self.count:
            raise UsageError(f"there is no part {self.number} of {self.count}; parts are counted 0 … {self.count - 1}")

    @classmethod
    def parse(cls, text: str) -> Part:
        """From "3/8". Raises UsageError for anything else."""
        match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text, re.ASCII)
        if not match:
            raise UsageError(f"--part must be i/n such as 0/4, the first of four, not {text!r}")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def span(self, list_path: str | os.PathLike[str]) -> Span:
        """The part's lines. Raises ListError if the list cannot be read, UsageError for more parts than lines."""
        if self.cut:
            return self.cut
        if self.rule == "bytes":
            return part_by_bytes(list_path, self.number, self.count)
        span = part_by_lines(list_path, self.number, self.count)
        if not span.lines:
            raise UsageError(f"{list_path} has fewer lines than {self.count} parts; use fewer")
        return span

    def output(self, out: P) -> P:
        """The part's own file for ``out``: out-00003-of-00008.rec; by bytes im2rec's out.rec.part003."""
        if self.rule == "bytes":
            return out.with_name(f"{out.name}.part{self.number:03}")
        return out.with_name(f"{out.stem}-{self.number:05}-of-{self.count:05}{out.suffix}")
