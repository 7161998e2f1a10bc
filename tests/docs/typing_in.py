"""Commands of the pages: run in this process, where that can be, or read as the program would read them."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import typer.main

from benchmarks.__main__ import app as benchmarks
from benchmarks.suites import NAMES as SUITES
from gpu_im2rec import im2rec
from gpu_im2rec.cli.app import app
from gpu_im2rec.cli.key_values import parse
from gpu_im2rec.im2rec.option_tool import make_parser
from tests.docs.pages import HERE
from tests.fuzz import __main__ as fuzzing
from tests.fuzz.targets import TARGETS

PROGRAM = typer.main.get_command(app)
COMMANDS: dict[str, Any] = PROGRAM.commands  # type: ignore[attr-defined]
BENCHMARKS: dict[str, Any] = typer.main.get_command(benchmarks).commands  # type: ignore[attr-defined]

# Commands that are not run here, and why; each is read by its program's own parser, or what it names is looked for.
NOT_RUN = {
    r"\w+://": "needs a storage and an account there; tests/storage has one",
    r"--cluster ray": "needs a Ray cluster; tests/cluster starts one",
    r"--devices? (gpu|\d)": "needs a GPU",
    r"^gpu-im2rec view ": "serves until Ctrl-C; tests/showing does it",
    r"^gpu-im2rec (doctor|--)": "is about this machine; tests/inspection has it",
    r"^pip install ": "needs a network, and changes this environment",
    r"^make ": "takes minutes, this test among them",
    r"^python -m (benchmarks|tests)": "takes minutes to hours",
    r"sbatch|kubectl": "needs a cluster; tests/cluster has Slurm",
}
OF_A_SHELL = re.compile(r"[|>$]|^(?!gpu-im2rec |im2rec )|\*(?!.*')")


def reason_not_to_run(command: str) -> str | None:
    return next((reason for pattern, reason in NOT_RUN.items() if re.search(pattern, command)), None)


def words_of(command: str) -> list[str]:
    return shlex.split(command.partition(" > ")[0], comments=True)


def run(command: str) -> None:
    """Ends well, or the test fails."""
    if OF_A_SHELL.search(command.partition("#")[0]):
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = os.environ | {"PATH": path, "PYTHONPATH": str(HERE)}
        done = subprocess.run(
            ["bash", "-e", "-c", command], env=environment, capture_output=True, text=True, check=False
        )
        print(done.stdout)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        return
    program, *words = words_of(command)
    with pytest.raises(SystemExit) as end, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [program, *words])
        app(words) if program == "gpu-im2rec" else sys.exit(im2rec.main())
    assert not end.value.code, command


def read(command: str) -> None:
    """As its program reads it; raises where there is no such command, option, extra, target, module or file."""
    program, *words = words_of(command)
    if program == "gpu-im2rec":
        if words[0] in COMMANDS:
            COMMANDS[words[0]].make_context(words[0], words[1:])
        else:
            assert words[0] in {name for option in PROGRAM.params for name in option.opts}, command
    elif program == "im2rec":
        if len(words) > 2 and not words[2].startswith("-"):
            parse(words[3:])
        else:
            assert make_parser().parse_known_args(words)[1] == [], command
    elif program == "pip":
        extras = tomllib.loads((HERE / "pyproject.toml").read_text())["project"]["optional-dependencies"]
        asked = re.findall(r"\[(.*?)\]", command)
        assert {name for names in asked for name in names.split(",")} <= set(extras), command
    elif program == "make":
        assert re.search(rf"^{words[0]}:", (HERE / "Makefile").read_text(), re.MULTILINE), command
    elif program == "python":
        _read_module(*words[1:])
    else:
        files = re.findall(r"examples/\S+", command)
        assert files and all((HERE / name).is_file() for name in files), command


def _read_module(name: str, *words: str) -> None:
    assert find_spec(name), name
    if name == "benchmarks" and words:
        suites = BENCHMARKS[words[0]].make_context(words[0], list(words[1:])).params.get("suite") or []
        assert set(suites) <= set(SUITES), suites
    elif name == "tests.fuzz":
        assert set(fuzzing.make_parser().parse_args(words).targets) <= set(TARGETS), words


def options_exist(command: str) -> None:
    """For commands within the text, which may leave the rest of their words out."""
    program, *words = command.split()
    if program in ("make", "python"):
        read(command)
        return
    known = set(make_parser()._option_string_actions)
    if program == "gpu-im2rec":
        params = COMMANDS[words[0]].params if words and words[0] in COMMANDS else PROGRAM.params
        known = {"--help"} | {name for each in params for name in each.opts + each.secondary_opts}
        assert words[0] in COMMANDS or words[0] in known, command
    assert {word.partition("=")[0] for word in words if word.startswith("--")} <= known, command
