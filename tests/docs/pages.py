"""What README.md and docs/ tell people to type, block by block."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parents[2]
PAGES = {str(path.relative_to(HERE)): path for path in [HERE / "README.md", *sorted((HERE / "docs").rglob("*.md"))]}

# What a command begins with. An indented block that begins otherwise is what a command shows, or a file's content.
PROGRAMS = re.compile(r"(gpu-im2rec|im2rec|pip|make|python|mkdir|cp|cat|cmp|printf|kubectl|sbatch|pack=\$\(sbatch)\b")


@dataclass
class Block:
    """A fenced or indented block: ``kind`` is sh, python, text, … or "" where nothing is said."""

    line: int
    kind: str
    lines: list[str] = field(default_factory=list)

    @property
    def content(self) -> str:
        return "\n".join(self.lines) + "\n"

    @property
    def is_commands(self) -> bool:
        return self.kind == "sh" or (not self.kind and bool(PROGRAMS.match(self.lines[0])))


@dataclass
class Section:
    """What stands under a ``##``, or before the first: its blocks are run one behind the other, in one folder."""

    page: str
    title: str
    blocks: list[Block] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.page}: {self.title}"


def sections(page: str) -> list[Section]:
    """The sections of a page, with those of their blocks that are not Sphinx's own."""
    found = [Section(page, "")]
    for item in _items(PAGES[page].read_text(encoding="utf-8").splitlines()):
        if isinstance(item, str):
            found.append(Section(page, item))
        else:
            found[-1].blocks.append(item)
    return found


def _items(lines: list[str]) -> Iterator[str | Block]:
    """Titles of sections, and blocks."""
    block, fenced, in_a_list = None, False, False
    for number, line in enumerate(lines, 1):
        if fenced and block:
            if line == "```":
                yield block
                block, fenced = None, False
            else:
                block.lines.append(line)
        elif block and (line.startswith("    ") or not line):
            block.lines.append(line[4:])
        else:
            if block:
                yield block
                block = None
            if match := re.fullmatch(r"```([\w{}]*)", line):
                block, fenced = Block(number, match[1]), True
            elif line.startswith("    ") and not in_a_list and not lines[number - 2]:
                block = Block(number, "", [line[4:]])
            elif line.startswith("## "):
                yield line[3:]
            if line and not line.startswith(" "):
                in_a_list = line.startswith(("* ", "- "))
    if block:
        yield block


def inline_commands(page: str) -> list[str]:
    """Commands within the text, such as `gpu-im2rec doctor`."""
    return re.findall(r"`((?:gpu-)?im2rec [^`]+)`", PAGES[page].read_text(encoding="utf-8"))
