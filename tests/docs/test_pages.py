"""What the pages tell people to type is run, a section at a time, or read by the program that it is for."""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from examples.photos import copy_to
from gpu_im2rec.cluster import measuring
from gpu_im2rec.packing import timing
from tests.conftest import encoded
from tests.docs.pages import ELSEWHERE, PAGES, Section, inline_commands, sections
from tests.docs.shelf import borrow_for, borrow_for_snippet, fill
from tests.docs.typing_in import NOT_RUN, options_exist, read, reason_not_to_run, run

HERE_RUN = [section for page in PAGES if page not in ELSEWHERE for section in sections(page) if section.blocks]
NEEDED = ("torch",)  # by some snippets, which are left out where it is not installed
OF_PHOTOGRAPHS = "docs/packing.md: "  # the section whose figures are those of the demo's photographs

# Blocks of text that are not what the commands before them print, by how they begin.
NOT_PRINTED = {
    r"0          4          8  ": "a drawing",
    r"offset  bytes|7\t0\n|0\t5ece8": "bytes and lines of the format; test_format.py",
    r"0\t3\.0{6}\tcats": "a list; tests/lists reads its kinds of lines",
    r"interrupted": "of a run that is interrupted; tests/packing/test_resume.py",
    r"error: no progress": "of a run that stands still; tests/packing/test_resume.py",
}
VARIES = ("time", "engine")  # lines that are others in another run or on another machine: their first word counts


@pytest.fixture(scope="session")
def shelf(tmp_path_factory, photo) -> Path:
    path = tmp_path_factory.mktemp("shelf")
    fill(path, photo)
    return path


@pytest.mark.parametrize("section", HERE_RUN, ids=str)
def test_a_section(section: Section, shelf, tmp_path, monkeypatch, capsys, photo):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(timing, "_SECONDS", 0.01)
    monkeypatch.setattr(measuring, "_RECORDS", 100)
    names = {"jpeg_bytes": encoded(photo, "jpeg")}
    if str(section) == OF_PHOTOGRAPHS:
        copy_to(Path("photos"))
    for block in section.blocks:
        if block.kind == "python":
            borrow_for_snippet(block.content, shelf)
            if all(find_spec(name) for name in NEEDED if f"import {name}" in block.content):
                exec(block.content, names)
        elif block.kind == "json":
            json.loads(block.content)
        elif block.kind == "text" and not any(re.match(pattern, block.content) for pattern in NOT_PRINTED):
            assert not_printed(block.lines, capsys.readouterr().out.splitlines()) == []
        for command in block.commands:
            _type_in(command, shelf)


def _type_in(command: str, shelf: Path) -> None:
    if reason_not_to_run(command):
        read(command)
    else:
        borrow_for(command, shelf)
        run(command)


def not_printed(shown: list[str], printed: list[str]) -> list[str]:
    """The lines that are shown and were not printed, in this order; between them others may have been."""
    remaining = iter(printed)
    return [line for line in shown if not any(_is(line.strip(), other.strip()) for other in remaining)]


def _is(shown: str, printed: str) -> bool:
    """Whether a line is that one, or begins so if it is cut with an ellipsis."""
    if shown.startswith(VARIES):
        return shown.split()[:1] == printed.split()[:1]
    return shown == printed or (shown.endswith("…") and printed.startswith(shown[:-1]))


def test_lines_are_compared_whole_and_in_order():
    printed = ["records      1,437", "time         0.2 s, 84 images/s"]
    assert not_printed(["records      1,437", "time 3 s"], printed) == []
    assert not_printed(["records      1,4…"], printed) == []
    assert not_printed(["records      1,43"], printed) == ["records      1,43"]
    assert not_printed(["time", "records      1,437"], printed) == ["records      1,437"]


def test_every_exception_is_needed():
    blocks = [block for section in HERE_RUN for block in section.blocks]
    commands = [command for block in blocks for command in block.commands]
    texts = [block.content for block in blocks if block.kind == "text"]
    assert [pattern for pattern in NOT_RUN if not any(re.search(pattern, command) for command in commands)] == []
    assert [pattern for pattern in NOT_PRINTED if not any(re.match(pattern, text) for text in texts)] == []
    assert OF_PHOTOGRAPHS in map(str, HERE_RUN)


@pytest.mark.parametrize("page", PAGES)
def test_commands_within_the_text_exist(page):
    for command in inline_commands(page):
        options_exist(command)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", PAGES[page].read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\((?!\w+:)(.*?)\)", text):
        name, _, anchor = target.partition("#")
        path = (PAGES[page].parent / name).resolve() if name else PAGES[page]
        assert path.exists(), target
        assert not anchor or anchor in _anchors(path), target


def _anchors(path: Path) -> set[str]:
    """Of a page's titles, as GitHub and MyST make them."""
    titles = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
