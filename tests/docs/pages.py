"""What README.md, docs/ and benchmarks/README.md tell people to type, block by block."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parents[2]
PAGES = {
    str(path.relative_to(HERE)): path
    for path in [HERE / "README.md", HERE / "benchmarks" / "README.md", *sorted((HERE / "docs").rglob("*.md"))]
}
HAND_WRITTEN = [page for page in PAGES if not page.startswith("docs/reference/")]

# Pages whose blocks other tests run or compare, and the kinds of blocks that these know.
ELSEWHERE = {
    "docs/readers.md": {"sh", "python", "text"},  # tests/test_readers.py
    "docs/loading.md": {"python"},  # tests/loading/test_docs.py
    "docs/scale.md": {"", "bash"},  # tests/cluster/test_scale_page.py
    "docs/reference/api.md": {"", "python"},  # test_reference.py: made from the code
    "docs/reference/cli.md": {"text"},
}

# What a command may begin with.
PROGRAMS = re.compile(
    r"(gpu-im2rec|im2rec|pip|make|python|mkdir|cp|cat|cmp|awk|printf|kubectl|sbatch|pack=\$\(sbatch) "
)

_LIST_ITEM = re.compile(r" *(?:[*+-]|\d+[.)]) +")
_FENCE = re.compile(rf"((?:{_LIST_ITEM.pattern})?) *(```+|~~~+) *([^`]*)")


@dataclass
class Block:
    """A fenced or indented block: ``kind`` is what is behind its fence, and "" of an indented one: commands."""

    line: int
    kind: str
    lines: list[str] = field(default_factory=list)

    @property
    def content(self) -> str:
        return "\n".join(self.lines) + "\n"

    @property
    def commands(self) -> list[str]:
        return [line for line in self.lines if line] if self.kind in ("sh", "") else []


@dataclass
class Section:
    """What stands under a ``##``, or before the first: its blocks are run one behind the other, in one folder."""

    page: str
    title: str
    blocks: list[Block] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.page}: {self.title}"


def sections(page: str) -> list[Section]:
    """The sections of a page, with their blocks."""
    found = [Section(page, "")]
    for item in items(PAGES[page].read_text(encoding="utf-8").splitlines()):
        if isinstance(item, str):
            found.append(Section(page, item))
        else:
            found[-1].blocks.append(item)
    return found


def items(lines: list[str]) -> Iterator[str | Block]:
    """Titles of sections, and blocks, those within lists too; a fence that is not closed reaches to the end."""
    block, fence, edge, before = None, "", 0, ""  # edge: the column where the text begins that a block is indented from
    for number, line in enumerate(lines, 1):
        indent = len(line) - len(line.lstrip(" "))
        if block and (line.strip() != fence if fence else indent >= edge + 4 or not line):
            block.lines.append(line[edge if fence else edge + 4 :])
        elif block and fence:
            yield block
            block, fence = None, ""
        else:
            if block:
                yield block
                block = None
            if match := _FENCE.fullmatch(line):
                block, fence, edge = Block(number, match[3]), match[2], match.start(2)
            elif line and not before and indent >= edge + 4:
                block = Block(number, "", [line[edge + 4 :]])
            elif match := _LIST_ITEM.match(line):
                edge = len(match[0])
            elif line and not before:
                edge = min(edge, indent)
            if line.startswith("## "):
                yield line[3:]
        before = line
    if block:
        yield block


def inline_commands(page: str) -> list[str]:
    """Commands within the text, such as `gpu-im2rec doctor`."""
    text = PAGES[page].read_text(encoding="utf-8")
    return re.findall(r"`((?:(?:gpu-)?im2rec |make |python -m (?!mxnet))[^`]+)`", text)
