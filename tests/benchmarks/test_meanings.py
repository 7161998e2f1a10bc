"""Behind the figures of every table stand sentences: what they mean, and what bounds them."""

import re

import pytest

from benchmarks import suites
from benchmarks.pack.contenders import passing_through, resizing
from benchmarks.results import FOLDER, Table, read


def explained(text):
    """Whether a table's text has them."""
    return re.search(r"\|\n\n[^|]*\b(bound|bounds|bounded|limit)\b[^|]*\.$", text) is not None


@pytest.mark.parametrize(
    ("behind", "said"),
    [
        ("", False),
        ("\n\nIt means much.", False),
        ("\nIt is bounded by decoding.", False),
        ("\n\nIt is bounded by decoding.", True),
        ("\n\nIt is bounded by decoding.\n\n| | |\n| --- | ---: |", False),
    ],
)
def test_what_explains_a_table(behind, said):
    assert explained(f"The limit, bounded:\n\n| | a |\n| --- | ---: |\n| x | 1 |{behind}") is said


def of_the_results(suite):
    """Every table of the suite that was kept."""
    contents = [read(path) for path in FOLDER.glob("*.json")]
    return [table for content in contents for table in content.get(suite, {}).items()]


def of_pack():
    """With each sort of contenders; what was kept is older than the suite."""
    figures = {"items", "seconds", "cpu_seconds", "start_seconds", "peak_mb", "picture_bytes"}
    facts = {"left out": {}, "versions": ""}
    for contenders in (resizing(2, jpeg=True), resizing(2, jpeg=False), passing_through(2)):
        yield "", Table("", "pictures", {name: [dict.fromkeys(figures, 1.0)] for name in contenders}, None, facts)


@pytest.mark.parametrize("suite", suites.NAMES)
def test_every_table_says_what_it_means_and_what_bounds_it(suite):
    tables = [*of_pack()] if suite == "pack" else of_the_results(suite)
    assert tables
    for name, table in tables:
        assert explained(suites.of(suite).table(name, table)), name
