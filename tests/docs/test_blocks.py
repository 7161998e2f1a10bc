"""No block of a page is overlooked: each is of a kind that a test does something with."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import ELSEWHERE, HAND_WRITTEN, PAGES, PROGRAMS, Block, items, sections
from tests.docs.typing_in import read, reason_not_to_run

KNOWN = {"sh", "", "python", "json", "text"}  # to test_pages.py


def blocks_of(page: str) -> list[Block]:
    return [block for section in sections(page) for block in section.blocks]


@pytest.mark.parametrize("page", PAGES)
def test_every_block_is_of_a_kind_that_is_tested(page):
    assert {block.kind for block in blocks_of(page)} <= ELSEWHERE.get(page, KNOWN)


@pytest.mark.parametrize("page", PAGES)
def test_every_fence_is_seen(page):
    lines = PAGES[page].read_text(encoding="utf-8").splitlines()
    opening = [block for block in blocks_of(page) if re.search("```|~~~", lines[block.line - 1])]
    assert 2 * len(opening) == sum(bool(re.search("```|~~~", line)) for line in lines)


@pytest.mark.parametrize("page", HAND_WRITTEN)
def test_what_looks_like_a_command_is_one(page):
    """So what is shown stands in a fence that says what it is."""
    commands = [command for block in blocks_of(page) for command in block.commands]
    assert [command for command in commands if not PROGRAMS.match(command)] == []
    shown = [line.lstrip(" $") for block in blocks_of(page) if block.kind == "text" for line in block.lines[:1]]
    assert [line for line in shown if PROGRAMS.match(line)] == []


def test_the_commands_of_a_page_that_is_run_elsewhere_are_run_there():
    text = PAGES["docs/scale.md"].read_text(encoding="utf-8")
    for command in (command for block in blocks_of("docs/scale.md") for command in block.commands):
        if reason_not_to_run(command):
            read(command)
        else:
            assert command.startswith("gpu-im2rec ") and f"\n    {command}\n" in text


PAGE = """\
    make demo     # at the left

* an item

      gpu-im2rec doctor

      more of it

  ```sh
  gpu-im2rec info a.rec
    indented
  ```

  text

1. ```python
   print()
   ```
2. text
    goes on

       - no list but a block

text

    $ odd

## A title

~~~text
```
## No title
~~~
"""


def test_blocks_are_found_in_lists_too():
    found = [(item.kind, item.lines) if isinstance(item, Block) else item for item in items(PAGE.splitlines())]
    assert found == [
        ("", ["make demo     # at the left", ""]),
        ("", ["gpu-im2rec doctor", "", "more of it", ""]),
        ("sh", ["gpu-im2rec info a.rec", "  indented"]),
        ("python", ["print()"]),
        ("", ["- no list but a block", ""]),
        ("", ["$ odd", ""]),
        "A title",
        ("text", ["```", "## No title"]),
    ]
