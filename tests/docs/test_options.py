"""Options and keys that the pages speak of exist, and tables of defaults give those of the code."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from typing import Any

import pytest

from benchmarks.suites import NAMES as SUITES
from gpu_im2rec import ImageRecordIter, PackOptions, RecordDataset, TranscodeSpec, make_list
from gpu_im2rec.cli.key_values import KEYS
from gpu_im2rec.devices import MOST_DECODE_THREADS
from gpu_im2rec.im2rec.option_tool import make_parser
from gpu_im2rec.packing.options import READ_THREADS, REMOTE_READ_THREADS
from gpu_im2rec.showing.view.serving import PORT
from tests.docs.pages import PAGES
from tests.docs.typing_in import BENCHMARKS, COMMANDS, PROGRAM
from tests.fuzz import __main__ as fuzzing

TEXTS = {page: path.read_text(encoding="utf-8") for page, path in PAGES.items()}

# Options and keys of others, by who has them, and where they are spoken of.
OTHERS_OPTIONS = {
    "docs/tutorial.md": {"--index-url"},  # pip
    "docs/how-to/cluster.md": {"--array", "--dependency", "--parsable"},  # sbatch
    "docs/scale.md": {"--array", "--dependency", "--parsable", "--requeue"},  # sbatch
    "docs/im2rec.md": {"--option"},  # stands for any
    "benchmarks/README.md": {"--rehearse"},  # benchmarks.gpu
}
OTHERS_KEYS = {
    "docs/how-to/sagemaker.md": {"multi_label"},  # a hyperparameter
    "docs/im2rec.md": {"key"},  # stands for any
}
# What the last column says of options that have no default to compare.
IN_WORDS = {
    "--no-upscale": "they grow, as in im2rec",
    "--accept-truncated": "they are refused",
    "--staging": "it is sent as it is made",
}


def spelled(params: list[Any]) -> set[str]:
    return {name for param in params for name in param.opts + param.secondary_opts if name.startswith("--")}


@pytest.mark.parametrize("page", PAGES)
def test_every_option_exists(page):
    commands = [PROGRAM, *COMMANDS.values()]
    if page == "benchmarks/README.md":
        commands += BENCHMARKS.values()
    known = {"--help", *make_parser()._option_string_actions}.union(*(spelled(each.params) for each in commands))
    if page == "docs/fuzzing.md":
        known |= set(fuzzing.make_parser()._option_string_actions)
    others = OTHERS_OPTIONS.get(page, set())
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", TEXTS[page])) - known == others


@pytest.mark.parametrize("page", PAGES)
def test_every_key_exists(page):
    """What stands before an = in code: a key of im2rec, or a parameter of what the pages speak of."""
    spoken_of = (ImageRecordIter, RecordDataset, make_list)
    known = set(KEYS).union(*(inspect.signature(each).parameters for each in spoken_of))
    known |= {field.name for options in (PackOptions, TranscodeSpec) for field in fields(options)}
    code = "\n".join(re.findall(r"`([^`\n]+)`", TEXTS[page]))
    assert set(re.findall(r"(?<![\w-])([a-z]\w*)=(?!=)", code)) - known == OTHERS_KEYS.get(page, set())


TABLE = re.compile(r"^\| option \| meaning \| default \|\n.*\n((?:\|.*\n)+)", re.MULTILINE)


@pytest.mark.parametrize(("page", "command"), [("docs/packing.md", "pack"), ("docs/looking.md", "view")])
def test_defaults_are_those_of_the_code(page, command):
    params = {name: param for param in COMMANDS[command].params for name in param.opts + param.secondary_opts}
    rows = [row.split(" | ") for table in TABLE.findall(TEXTS[page]) for row in table.splitlines()]
    assert len(rows) > 4
    for first, _, last in rows:
        options = re.findall(r"`(--[a-z-]+)", first)
        expected = [IN_WORDS.get(name) or default_of(params[name]) for name in options]
        said = last.rstrip("| ").replace("`", "").partition(": ")[0]
        assert said.replace(";", ",") == ", ".join(filter(None, expected)), first


def default_of(param: Any) -> str:
    """As a table says it: nothing for a flag, and for an option whose default is no value what its help says."""
    if isinstance(param.default, bool):
        return ""
    if param.default is None:
        told = re.search(r"default: (.*)\.$", param.help, re.IGNORECASE)
        return told[1] if told else ""
    return param.default if isinstance(param.default, str) else f"{param.default:,}".removesuffix(".0")


def test_defaults_in_words_are_those_of_the_code():
    said = {name: param.help for command in COMMANDS.values() for param in command.params for name in param.opts}
    assert f"one a core, {MOST_DECODE_THREADS} at most." in said["--decode-threads"]
    assert f"default: as many of {READ_THREADS} as help, {REMOTE_READ_THREADS} from a URL." in said["--read-threads"]
    assert f"Default: {PORT} or" in said["--port"]


def test_every_suite_is_in_the_table():
    (table,) = re.findall(r"^\| suite \| .*\n((?:\|.*\n)+)", TEXTS["benchmarks/README.md"], re.MULTILINE)
    assert tuple(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == SUITES
