"""What every command does with results, errors and Ctrl-C.

Results go to standard output, all else to standard error. Exit codes: 0 well, 1 an error, 2 wrong usage, 3 packed but
not every picture, 4 verified and found wrong, 130 interrupted (128 + the signal's number, by another one than Ctrl-C).
"""

from __future__ import annotations

import errno
import functools
import gc
import io
import json
import os
import shlex
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, ParamSpec

import typer

from gpu_im2rec.cli import signals
from gpu_im2rec.cli.refusing import refuse_urls
from gpu_im2rec.errors import Abandoned, Im2recError, StalledError

P = ParamSpec("P")

INTERRUPTED = 130

JsonOption = typer.Option("--json", help="Print the result as JSON, for machines.")


def command(function: Callable[P, int | None]) -> Callable[P, None]:
    """Make ``function`` a command, which ends with ``exit_code_of`` it. Its paths are of this machine."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        def work() -> int | None:
            refuse_urls(kwargs.values())
            return function(*args, **kwargs)

        raise typer.Exit(exit_code_of(work))

    return run


def exit_code_of(work: Callable[[], int | None], *, resume: str = "--resume") -> int:
    """Do ``work``: its result is the exit code, errors become one line, Ctrl-C ends with 130.

    Where something was kept to go on with, so it is said, with the command that goes on: this one and ``resume``.
    """
    try:
        return work() or 0
    except KeyboardInterrupt as error:
        nothing = "" if _notes(error) else "nothing half-written is left"
        say("; ".join(filter(None, ["interrupted", str(error) or nothing])))
        _say_how_to_go_on(error, resume)
        code: int = getattr(error, "exit_code", INTERRUPTED)
        if isinstance(error, Abandoned):
            end_at_once(code)
        return code
    except BrokenPipeError:  # a reader such as `head` has seen enough
        sys.stdout = None
        return 1
    except Im2recError as error:
        say(f"error: {error}")
        _say_how_to_go_on(error, resume)
        if isinstance(error, StalledError):
            end_at_once(error.exit_code)
        return error.exit_code
    except OSError as error:
        say(f"error: {error.filename or 'file system'}: {error.strerror or error}{_advice(error)}")
        _say_how_to_go_on(error, resume)
        return 1


def _notes(error: BaseException) -> list[str]:
    return getattr(error, "__notes__", [])


def _say_how_to_go_on(error: BaseException, resume: str) -> None:
    for note in _notes(error):
        say(note)
    if any("--resume" in note for note in _notes(error)) and sys.stderr:
        print(f"  {printable(shlex.join(_words_to_go_on(sys.argv, resume)))}", file=sys.stderr)  # to be copied


def _words_to_go_on(argv: list[str], resume: str) -> list[str]:
    program, *arguments = argv
    name = Path(program).name
    if name == "__main__.py":  # python -m
        name = "im2rec" if Path(program).parent.name == "im2rec" else "gpu-im2rec"
    arguments = [word for word in arguments if word not in (resume, "resume=0")]
    options_end = arguments.index("--") if "--" in arguments else len(arguments)
    return [name, *arguments[:options_end], resume, *arguments[options_end:]]


def _advice(error: OSError) -> str:
    if isinstance(error, IsADirectoryError):
        return "; name a file in it"
    return "; make room there" if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None)) else ""


def end_at_once(code: int) -> None:
    """Without waiting for threads that may never end."""
    for stream in (sys.stdout, sys.stderr):
        if stream:
            stream.flush()
    os._exit(code)


def prepare() -> None:
    """Before anything is loaded or said."""
    # Nothing here multiplies matrices; OpenBLAS's threads, one a core, would spin for 0.1 s when NumPy is loaded.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # and neither closed nor replaced
            stream.reconfigure(errors="backslashreplace")
    signals.heed()
    gc.set_threshold(100_000)  # loading modules makes objects by the thousand, and none of them is garbage


def say(text: str) -> None:
    """Lines for the person at the terminal, on standard error; broken between words where too long for it."""
    if sys.stderr is None:  # closed
        return
    lines = printable(text).split("\n")
    if sys.stderr.isatty():
        width = shutil.get_terminal_size().columns
        wrap = functools.partial(textwrap.wrap, width=width, break_long_words=False, break_on_hyphens=False)
        lines = [piece for line in lines for piece in wrap(line) or [line]]
    print("\n".join(lines), file=sys.stderr)


def say_skipped(names: Iterable[str]) -> None:
    """What was left out of a list."""
    for name in names:
        say(f"skipped: {name!r}: not readable, or a name with a TAB or line break, which no list can hold")


def show_json(value: dict[str, Any]) -> None:
    """``value`` as JSON on standard output; paths as text."""
    print(json.dumps(value, indent=2, default=str))


def show_table(rows: Iterable[tuple[str, str]]) -> None:
    """Names and values in two columns on standard output; rows with an empty value are left out."""
    filled = [(name, printable(value)) for name, value in rows if value]
    if sys.stdout is None:  # closed
        return
    if not sys.stdout.isatty():  # a file or a pipe: no line is broken
        width = max((len(name) for name, _ in filled), default=0)
        for name, value in filled:
            print(f"{name:<{width}}  {value}")
        return
    from rich.console import Console  # noqa: PLC0415 (slow to load)
    from rich.table import Table  # noqa: PLC0415

    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for row in filled:
        table.add_row(*row)
    Console(highlight=False, markup=False).print(table)


def show_columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Numbers in columns under their heads, on standard output."""
    if sys.stdout is None:  # closed
        return
    if not sys.stdout.isatty():
        widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
        print("\n".join("  ".join(map(str.rjust, row, widths)) for row in (head, *rows)))
        return
    from rich.console import Console  # noqa: PLC0415 (slow to load)
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in head:
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(*row)
    Console(highlight=False, markup=False).print(table)


def printable(text: str) -> str:
    """``text`` with what a terminal cannot show (undecodable file names) escaped."""
    return text.encode("utf-8", "backslashreplace").decode()
