"""What README.md and docs/ tell people to type is run, a section at a time, or read by the program that it is for."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from gpu_im2rec.cluster import measuring
from gpu_im2rec.packing import timing
from tests.conftest import encoded
from tests.docs.pages import PAGES, Section, inline_commands, sections
from tests.docs.shelf import borrow_for, borrow_for_snippet, fill
from tests.docs.typing_in import NOT_RUN, options_exist, read, reason_not_to_run, run

# Pages whose blocks other tests run, with what those pages need.
ELSEWHERE = {
    "docs/readers.md": "tests/test_readers.py",
    "docs/loading.md": "tests/loading/test_docs.py",
    "docs/scale.md": "tests/cluster/test_scale_page.py",
    "docs/reference/api.md": "test_reference.py",  # signatures
    "docs/reference/cli.md": "test_reference.py",
}
HERE_RUN = [section for page in PAGES if page not in ELSEWHERE for section in sections(page) if section.blocks]
NEEDED = ("torch",)  # by some snippets, which are left out where it is not installed


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
    printed = ""
    for block in section.blocks:
        if block.is_commands:
            for command in block.lines:
                if command:
                    _type_in(command, shelf)
            printed = capsys.readouterr().out
        elif block.kind == "python":
            borrow_for_snippet(block.content, shelf)
            if all(find_spec(name) for name in NEEDED if f"import {name}" in block.content):
                exec(block.content, names)
        elif block.kind == "text" and printed:
            assert [line for line in block.lines if line not in printed] == []


def _type_in(command: str, shelf: Path) -> None:
    if reason_not_to_run(command):
        read(command)
    else:
        borrow_for(command, shelf)
        run(command)


def test_no_block_is_overlooked():
    blocks = [block for section in HERE_RUN for block in section.blocks]
    assert {block.kind for block in blocks} <= {"sh", "python", "text", ""}
    shown = [line for block in blocks if not block.is_commands and block.kind != "python" for line in block.lines]
    assert [line for line in shown if line.startswith(("gpu-im2rec ", "im2rec "))] == []


def test_every_reason_not_to_run_a_command_has_one():
    commands = [line for section in HERE_RUN for block in section.blocks if block.is_commands for line in block.lines]
    assert [pattern for pattern in NOT_RUN if not any(re.search(pattern, line) for line in commands)] == []


@pytest.mark.parametrize("page", [page for page in ELSEWHERE if not page.startswith("docs/reference")])
def test_commands_that_are_run_elsewhere_are_understood(page):
    commands = [
        line for section in sections(page) for block in section.blocks if block.is_commands for line in block.lines
    ]
    for command in commands:
        if command.startswith(("gpu-im2rec ", "im2rec ")):
            read(command)


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
