"""How far a verification is: a live bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gpu_im2rec.cli.output import say, size
from gpu_im2rec.inspection import Step

_PLAIN_SECONDS = 10.0


@contextmanager
def shown() -> Iterator[Callable[[Step], None]]:
    """What to call with each ``Step``."""
    if sys.stderr and sys.stderr.isatty():
        with _bar() as update:
            yield update
    else:
        yield _PlainLines()


class _PlainLines:
    def __init__(self) -> None:
        self._next = time.monotonic() + _PLAIN_SECONDS

    def __call__(self, step: Step) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _PLAIN_SECONDS
            say(_words(step))


@contextmanager
def _bar() -> Iterator[Callable[[Step], None]]:
    from rich.console import Console  # noqa: PLC0415 (slow to load)
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (BarColumn(bar_width=30), TextColumn("{task.fields[words]}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks = {unit: bar.add_task("", total=None, words="", visible=False) for unit in ("bytes", "entries")}

        def update(step: Step) -> None:
            for unit, task in tasks.items():
                bar.update(task, visible=unit == step.unit)
            bar.update(tasks[step.unit], completed=step.done, total=step.total, words=_words(step))

        yield update


def _words(step: Step) -> str:
    if step.unit == "bytes":
        return f"{size(step.done)} of {size(step.total)}"
    return f"{step.done:,} of {step.total:,} {step.unit}"
