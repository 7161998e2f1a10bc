"""How far the walk through a file is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from gpu_im2rec.cli.live import live_or_plain
from gpu_im2rec.inspection import Step
from gpu_im2rec.units import size


def shown() -> AbstractContextManager[Callable[[Step], None]]:
    """What to call with each ``Step``."""
    started = time.monotonic()
    return live_or_plain(_bar, _words, lambda _: time.monotonic() - started)


@contextmanager
def _bar() -> Iterator[Callable[[Step], None]]:
    from rich.console import Console  # noqa: PLC0415 (slow to load)
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (BarColumn(bar_width=30), TextColumn("{task.fields[words]}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def update(step: Step) -> None:
            if step.unit not in tasks:
                tasks[step.unit] = bar.add_task("", total=None, words="", visible=False)
            for unit, task in tasks.items():
                bar.update(task, visible=unit == step.unit)
            bar.update(tasks[step.unit], completed=step.done, total=step.total, words=_words(step))

        yield update


def _words(step: Step) -> str:
    if step.unit == "bytes":
        return f"{size(step.done)} of {size(step.total)}"
    return f"{step.done:,} of {step.total:,} {step.unit}"
