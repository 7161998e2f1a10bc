"""A run's progress."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from gpu_im2rec.cli.live import live_or_plain
from gpu_im2rec.cli.output import duration
from gpu_im2rec.packing import Progress


def shown() -> AbstractContextManager[Callable[[Progress], None]]:
    """What to call with each ``Progress``."""
    return live_or_plain(_bar, _words, lambda progress: progress.seconds)


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


def _words(progress: Progress) -> str:
    return f"{progress.lines:,} of {progress.total:,}, {_rates(progress)}"


def _rates(progress: Progress) -> str:
    seconds = max(progress.seconds, 1e-9)
    left = (progress.total - progress.lines) * seconds / max(progress.lines, 1)
    return (
        f"{progress.lines / seconds:,.0f} images/s, {progress.bytes_in / seconds / 1e6:,.0f} MB/s, "
        f"{duration(left)} left" + (f", {progress.failed:,} failed" if progress.failed else "")
    )
