"""Arguments that typer refuses: in plain words, and with what was probably meant."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

_PLAIN = {  # what pydantic says, for newer typers
    r"Value error, ": "",
    r"Input should be a valid integer.*": "must be a whole number",
    r"Input should be a valid number.*": "must be a number",
    r"Input should be less than or equal to ": "must be at most ",
    r"Input should be greater than or equal to ": "must be at least ",
}


class Commands(TyperGroup):
    """The commands of a program."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that is named."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = f"{_plain(error.message)}{_meant(error)}"
            raise


def _plain(message: str) -> str:
    for pattern, words in _PLAIN.items():
        message = re.sub(f"^{pattern}", words, message)
    return message


def _meant(error: typer.BadParameter) -> str:
    """What was probably meant; empty where nothing comes to mind."""
    given = error.ctx.params if error.ctx else {}
    if error.param and error.param.name == "out" and "root" in given and not _may_be_root(given["root"]):
        return f"{given['root']} is no folder, and the order is LIST ROOT OUT"
    if choice := re.search(r"'(.*)' is not one of (.*)", error.message):
        near = difflib.get_close_matches(choice[1], re.findall(r"'(.*?)'", choice[2]), 1)
        return f" Did you mean {near[0]}?" if near else ""
    return ""


def _may_be_root(word: str) -> bool:
    from gpu_im2rec.storage import is_url  # noqa: PLC0415 (keeps --help quick)

    return is_url(word) or Path(word).is_dir()
