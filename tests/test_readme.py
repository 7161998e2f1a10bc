"""What the README and the pages that it leads to say is so. What they tell people to type is run by tests/docs."""

import re
from pathlib import Path

import pytest
import typer.main

from gpu_im2rec.cli.app import app
from gpu_im2rec.transcode import Reason

HERE = Path(__file__).parent.parent
README = HERE.joinpath("README.md").read_text(encoding="utf-8")
LANDING = HERE.joinpath("docs", "index.md").read_text(encoding="utf-8")
PACKING = HERE.joinpath("docs", "packing.md").read_text(encoding="utf-8")
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_on_the_landing_page(name):
    assert re.search(rf"^\| `{name}\b", LANDING, re.MULTILINE)


@pytest.mark.parametrize("name", ["pack", "list"])
def test_what_every_option_of_the_main_commands_is_for_is_told(name):
    spellings = [option.opts + option.secondary_opts for option in COMMANDS[name].params]
    options = [names for names in spellings if names[0].startswith("--")]
    assert [names for names in options if not any(f"`{name}" in PACKING for name in names)] == []


def test_every_reason_is_told():
    assert [reason for reason in Reason if f"`{reason}`" not in PACKING] == []


def test_the_readme_is_short_and_leads_to_every_page():
    pages = {str(path.relative_to(HERE / "docs")) for path in (HERE / "docs").rglob("*.md")}
    assert len(README.splitlines()) <= 120
    assert {name for name in pages if f"]({name})" not in LANDING} == {"index.md"}
    assert "    make demo " in README
    assert "    make test " in README
