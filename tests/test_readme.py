"""What the README says is so."""

import re
import shutil
from pathlib import Path

import pytest
import typer.main

from gpu_im2rec.cli.app import app
from gpu_im2rec.im2rec.option_tool import make_parser
from gpu_im2rec.transcode import Reason

README = Path(__file__).parent.parent.joinpath("README.md").read_text(encoding="utf-8")
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
SNIPPETS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme(name):
    assert re.search(rf"^\| `{name}\b", README, re.MULTILINE)


@pytest.mark.parametrize("name", ["pack", "list"])
def test_every_option_of_the_main_commands_is_in_the_readme(name):
    spellings = [option.opts + option.secondary_opts for option in COMMANDS[name].params]
    options = [names for names in spellings if names[0].startswith("--")]
    assert [names for names in options if not any(f"`{name}" in README for name in names)] == []


def test_every_option_in_the_readme_exists():
    known = {name for command in COMMANDS.values() for option in command.params for name in option.opts}
    known |= {name for command in COMMANDS.values() for option in command.params for name in option.secondary_opts}
    known |= {"--help", "--install-completion"} | set(make_parser()._option_string_actions)
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README)) <= known


def test_every_reason_is_in_the_readme():
    assert [reason for reason in Reason if f"`{reason}`" not in README] == []


def test_the_python_snippets_run(tmp_path, monkeypatch, photo_files, jpeg):
    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()
    for path in photo_files[:3]:
        shutil.copy(path, "photos")
    for snippet in SNIPPETS:
        exec(snippet, {"jpeg_bytes": jpeg})
    assert len(SNIPPETS) == 3
    assert {path.name for path in tmp_path.iterdir()} >= {"faces.lst", "faces.rec", "faces.idx", "mine.rec", "mine.idx"}
