"""docs/reference/ is what the code says, and tells of everything."""

from __future__ import annotations

import re
import runpy
import sys

import pytest

from gpu_im2rec.cli.key_values import KEYS
from gpu_im2rec.im2rec.option_tool import make_parser
from tests.docs.pages import HERE, PAGES
from tests.docs.typing_in import COMMANDS

CLI = PAGES["docs/reference/cli.md"].read_text(encoding="utf-8")
API = PAGES["docs/reference/api.md"].read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def maker():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", list(sys.path))  # which it extends
        yield runpy.run_path(str(HERE / "docs" / "reference" / "make.py"))


def test_the_pages_are_what_the_code_says(maker):
    assert maker["stale"]() == [], "run: python docs/reference/make.py"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_is_there(name):
    (section,) = re.findall(rf"^### {name}\n(.*?)(?=^##|\Z)", CLI, re.DOTALL | re.MULTILINE)
    spelled = [word for each in COMMANDS[name].params for word in each.opts + each.secondary_opts if word[0] == "-"]
    assert [word for word in spelled if not re.search(rf"`{word}[` ]", section)] == []
    told = [each for each in COMMANDS[name].params if each.metavar]
    assert [each.metavar for each in told if each.metavar.replace("|", "\\|") not in section] == []


def test_im2rec_is_there():
    section = CLI.partition("\n## im2rec\n")[2]
    assert [word for word in make_parser()._option_string_actions if f"`{word}" not in section] == []
    assert [key for key in KEYS if f"`{key}=`" not in section] == []


def test_every_public_name_is_there():
    import gpu_im2rec
    from gpu_im2rec import recordio

    names = {*gpu_im2rec.__all__, *recordio.__all__} - {"__version__"}
    assert [name for name in names if f"\n### {name}\n" not in API] == []


def test_names_that_the_pages_import_are_there():
    for page, path in PAGES.items():
        for room, names in re.findall(r"from (gpu_im2rec[\w.]*) import (.*)", path.read_text(encoding="utf-8")):
            assert f"\n## {room}\n" in API, page
            assert [name for name in names.split(", ") if f"\n### {name}\n" not in API] == [], page


def test_addresses_say_nothing_of_a_machine():
    assert not re.search(r"0x[0-9a-f]{8,}|/home/|/tmp/|/root/", CLI + API)
