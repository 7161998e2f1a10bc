"""Figures that were measured are made from result files: a table of them that is typed by hand has a reason."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import HAND_WRITTEN, PAGES

# Tables that hold figures outside of the regions that `python -m benchmarks show` makes, by their first line, and why.
BY_HAND = {
    "docs/format.md": {"| key | flag |": "bytes, which test_format.py compares"},
    "docs/packing.md": {
        "| option | meaning | default |": "defaults, which test_options.py compares",
        "| exit code | means |": "test_exit_codes.py compares them",
    },
    "docs/loading.md": {"| | ours like MXNet's |": "likeness to MXNet, which needs an environment of its own"},
    "docs/fuzzing.md": {"| target | inputs |": "what was run once, and what it found"},
    "docs/reliability.md": {"| | runs broken |": "what was broken once, and what was lost"},
    "docs/remote.md": {"| it is | then |": "limits, and codes of HTTP"},
    "docs/scale.md": {
        "| what | how far it goes |": "limits of others, and what follows from the tables above it",
    },
    "benchmarks/README.md": {
        "| suite | measures |": "about how long a suite takes",
        "| tried | gave |": "experiments, most of whose code is not kept",
    },
}
REGION = re.compile(r"<!-- benchmark: .*?<!-- end -->", re.DOTALL)
TABLE = re.compile(r"^\|.*\n(?:\|.*\n?)+", re.MULTILINE)
UNITS = r"ns|µs|ms|s|min|h|[kMGT]i?B(?:/s)?|dB|(?:pictures|images|records|files)(?:/s| a second)|%|times"
FIGURE = re.compile(rf"\d\s?(?:{UNITS})(?!\w)|\d\.\d\d|^\W*\d[\d,]*(?:\.\d+)?(?: \(.*\))?\W*$")


def tables_of_figures(text: str) -> list[str]:
    """The first lines of tables outside of regions where a cell is a number, or has one with a unit or hundredths."""
    tables = [table.splitlines() for table in TABLE.findall(REGION.sub("", text))]
    return [head for head, _, *rows in tables if any(FIGURE.search(cell.strip()) for cell in cells(rows))]


def cells(rows: list[str]) -> list[str]:
    return [cell for row in rows for cell in re.split(r"(?<!\\)\|", row)]


@pytest.mark.parametrize("page", HAND_WRITTEN)
def test_no_table_of_figures_is_typed_by_hand(page):
    found = tables_of_figures(PAGES[page].read_text(encoding="utf-8"))
    reasons = BY_HAND.get(page, {})
    assert [head for head in found if not head.startswith(tuple(reasons))] == []
    assert [begin for begin in reasons if not any(head.startswith(begin) for head in found)] == []


@pytest.mark.parametrize(
    "cell", ["12 ms", "3.5 s", "1,078 pictures/s", "40 dB", "20 %", "**1.34**", "1,078", "349 (344 … 352)", "at 0.45"]
)
def test_a_table_of_figures_is_found(cell):
    table = f"| | a |\n| --- | ---: |\n| b | {cell} |\n"
    assert tables_of_figures(f"text\n\n{table}") == ["| | a |"]
    assert tables_of_figures(f"<!-- benchmark: F S/T -->\n\n{table}\n<!-- end -->\n") == []
