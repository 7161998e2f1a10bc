"""A run's progress: a live bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gpu_im2rec.cli.output import duration, say
from gpu_im2rec.packing import Progress

_PLAIN_SECONDS = 10.0


@contextmanager
def shown() -> Iterator[Callable[[Progress], None]]:
    """What to call with each ``Progress``."""
    if sys.stderr and sys.stderr.isatty():
        with _bar() as update:
            yield update
    else:
        yield _PlainLines()


class _PlainLines:
    def __init__(self) -> None:
        self._next = _PLAIN_SECONDS

    def __call__(self, progress: Progress) -> None:
        if progress.seconds >= self._next:
            self._next = progress.seconds + _PLAIN_SECONDS
            say(f"{progress.lines:,} of {progress.total:,}, {_rates(progress)}")


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console  # noqa: PLC0415 (slow to load)
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415

    columns = (BarColumn(bar_width=30), MofNCompleteColumn(), TextColumn("{task.fields[rates]}"))
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, rates="")

        def update(progress: Progress) -> None:
            bar.update(task, completed=progress.lines, total=progress.total, rates=_rates(progress))

        yield update


def _rates(progress: Progress) -> str:
    seconds = max(progress.seconds, 1e-9)
    left = (progress.total - progress.lines) * seconds / max(progress.lines, 1)
    return (
        f"{progress.lines / seconds:,.0f} images/s, {progress.bytes_in / seconds / 1e6:,.0f} MB/s, "
        f"{duration(left)} left" + (f", {progress.failed:,} failed" if progress.failed else "")
    )
