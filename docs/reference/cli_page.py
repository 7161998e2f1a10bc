"""docs/reference/cli.md: every command, argument and option of both programs."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Iterable, Iterator
from itertools import groupby
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import typer.main

from gpu_im2rec.cli.app import app
from gpu_im2rec.cli.key_values import KEYS
from gpu_im2rec.im2rec.option_tool import make_parser

PROGRAM = typer.main.get_command(app)
WORDS = {int: "N", float: "X"}  # what stands for a value

INTRODUCTION = """# Commands and options

Made from the code by `docs/reference/make.py`: each line is what `--help` says. [Packing](../packing.md) tells at more
length what the options of `pack` are for.

Both programs have `--help`. Every command of `gpu-im2rec` but `cat` has `--json`, for machines.
"""


def cli_page() -> str:
    """The page."""
    return "\n".join([INTRODUCTION, *_gpu_im2rec(), *_im2rec()]).rstrip() + "\n"


def _gpu_im2rec() -> Iterator[str]:
    yield "## gpu-im2rec\n"
    yield from _table(["option", "meaning", "default"], [_option_row(option, {}) for option in PROGRAM.params])
    for name, command in PROGRAM.commands.items():  # type: ignore[attr-defined]
        hints = get_type_hints(command.callback, include_extras=True)
        arguments = [each for each in command.params if each.param_type_name == "argument"]
        options = [each for each in command.params if each.param_type_name == "option"]
        yield f"### {name}\n"
        yield f"```text\n{' '.join(['gpu-im2rec', name, *map(_usage, arguments), '[OPTIONS]'])}\n```\n"
        yield inspect.cleandoc(command.help or "") + "\n"
        meanings = [get_args(hints[each.name])[1].help for each in arguments]  # as declared: not all typers pass it on
        rows = [[f"`{_usage(each)}`", _cell(said)] for each, said in zip(arguments, meanings, strict=True)]
        yield from _table(["argument", "meaning"], rows)
        by_panel = sorted(options, key=lambda each: _panels(options).index(each.rich_help_panel or ""))
        for panel, members in groupby(by_panel, key=lambda each: each.rich_help_panel):
            heading = panel or "option"
            yield from _table([heading, "meaning", "default"], [_option_row(each, hints) for each in members])


def _panels(options: Iterable[Any]) -> list[str]:
    """Headings of groups, as they first occur."""
    return list(dict.fromkeys(each.rich_help_panel or "" for each in options))


def _usage(argument: Any) -> str:
    name = argument.metavar or argument.name.upper()
    name += "…" if argument.nargs == -1 else ""
    return name if argument.required else f"[{name}]"


def _option_row(option: Any, hints: dict[str, Any]) -> list[str]:
    hint = _bare(hints.get(option.name, bool))
    choices = get_args(hint) if get_origin(hint) is Literal else ()
    value = "" if option.is_flag else " " + (option.metavar or _word(option, hint, choices))
    names = ", ".join(f"`{name}{value}`" for name in option.opts + option.secondary_opts)
    meaning = _cell(option.help) + (f" One of {', '.join(f'`{each}`' for each in choices)}." if choices[1:] else "")
    if option.secondary_opts:
        default = f"`{option.opts[0] if option.default else option.secondary_opts[0]}`"
    else:
        default = _shown(option.default)
    return [names.replace("|", "\\|"), meaning, default]


def _shown(default: Any) -> str:
    """Nothing for a switch, and where there is none."""
    if isinstance(default, bool) or not isinstance(default, str | int | float | list | tuple) or default == ():
        return ""
    if isinstance(default, list | tuple):
        default = " ".join(map(str, default))
    return f"`{default:,}`" if isinstance(default, int) and default >= 10_000 else f"`{default}`"


def _word(option: Any, hint: Any, choices: tuple[Any, ...]) -> str:
    if choices:
        return option.name.upper() if choices[1:] else str(choices[0])
    return WORDS.get(hint, option.name.upper().replace("_", "-"))


def _bare(hint: Any) -> Any:
    """``T`` of Annotated[T | None, …]."""
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    if get_origin(hint) in (Union, UnionType):
        hint = next(each for each in get_args(hint) if each is not NoneType)
    return hint


def _im2rec() -> Iterator[str]:
    yield "## im2rec\n"
    yield "MXNet's two command lines in one program: [what it does otherwise](../im2rec.md).\n"
    parser = make_parser()
    usages = [line.strip() for line in (parser.usage or "").splitlines()]
    yield "```text\n" + "\n".join(usages) + "\n```\n"
    for group in parser._action_groups:
        rows = [_action_row(action) for action in group._group_actions]
        heading = {"positional arguments": "argument", "options": "option"}.get(group.title or "", group.title or "")
        yield from _table([heading, "meaning", "default"], rows)
    yield from _table(["key", "meaning"], [[f"`{name}=`", _cell(key.meaning)] for name, key in KEYS.items()])


def _action_row(action: argparse.Action) -> list[str]:
    names = ", ".join(f"`{name}{_value_of(action)}`" for name in action.option_strings) or f"`{action.metavar}`"
    default = "" if action.default == argparse.SUPPRESS else _shown(action.default)
    return [names, _cell(action.help), default]


def _value_of(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ""
    if action.choices:
        return " " + "\\|".join(map(str, action.choices))
    word = WORDS.get(action.type, action.dest.upper())  # type: ignore[call-overload]
    return f" {word}…" if action.nargs == "+" else f" {word}"


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


def _table(head: list[str], rows: list[list[str]]) -> Iterator[str]:
    if rows:
        yield "\n".join([_row(head), _row(["---"] * len(head)), *map(_row, rows)]) + "\n"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |".replace("|  |", "| |")
