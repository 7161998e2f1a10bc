"""A run's progress, and which of its stages the others wait for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from gpu_im2rec.cli.live import live_or_plain
from gpu_im2rec.packing import Progress
from gpu_im2rec.packing.bottleneck import DOING, leader
from gpu_im2rec.packing.report import Sent
from gpu_im2rec.packing.stages import Stages
from gpu_im2rec.units import duration, percent, size

if TYPE_CHECKING:
    from rich.console import RenderableType

_RECENT_SECONDS = 5.0  # that rates, shares and the bottleneck on the screen are of
_TELLING_SECONDS = 1.0  # before which nothing is said of a bottleneck
_WIDEST_BAR, _QUEUE_BAR = 30, 10  # columns
_DRAWING_SECONDS = 0.05  # between two drawings at least: a thousand shards tell more often
_ECHO = 3  # columns that stay free, for the ^C that a terminal writes behind all this: else it would begin a line there
_WIDE = 69  # columns in which a table has room for a sentence


def shown() -> AbstractContextManager[Callable[[Progress], None]]:
    """What to call with each ``Progress``."""
    recent = _Recent()
    return live_or_plain(_display, lambda progress: _words(progress, recent), lambda progress: progress.seconds)


@contextmanager
def _display() -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console, Group  # noqa: PLC0415 (slow to load)
    from rich.constrain import Constrain  # noqa: PLC0415
    from rich.live import Live  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console, recent, due = Console(stderr=True), _Recent(), 0.0
    with Live(console=console, transient=True, auto_refresh=False) as live:  # drawn as often as ``update`` is called

        def update(progress: Progress) -> None:
            nonlocal due
            width = console.width - _ECHO
            if progress.sent:
                live.update(Constrain(_sending(progress.sent, width), width), refresh=True)
                return
            if progress.seconds < due:
                return
            due = progress.seconds + _DRAWING_SECONDS
            count = f"{progress.lines:,}/{progress.total:,}"
            parts = [_bar(progress.lines, progress.total, count, _rates(progress), width)]
            if progress.shards:
                parts.append(Text(_shards(progress.shards)))
            if progress.stages and progress.stages.seconds:
                parts.append(_table(recent.of(progress.stages), width))
            live.update(Constrain(Group(*parts), width), refresh=True)

        yield update


class _Recent:
    """What the stages did lately."""

    def __init__(self) -> None:
        self._seen: deque[Stages] = deque()

    def of(self, stages: Stages) -> Stages:
        """What they did in the last seconds up to this moment, or since they were asked last, if that is longer ago."""
        self._seen.append(stages)
        while len(self._seen) > 2 and stages.seconds - self._seen[1].seconds >= _RECENT_SECONDS:
            self._seen.popleft()
        return stages.since(self._seen[0]) if len(self._seen) > 1 else stages


def _bar(done: int, total: int, count: str, rates: str, width: int) -> RenderableType:
    from rich.progress_bar import ProgressBar  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    bar = min(_WIDEST_BAR, width - len(count) - len(rates) - 3)
    row: list[RenderableType] = [Text(count, "progress.download"), Text(rates)]
    if bar >= _QUEUE_BAR:
        row.insert(0, ProgressBar(max(1, total), done, width=bar))
    line = Table.grid(padding=(0, 1, 0, 0))
    line.add_row(*row)
    return line


def _sending(sent: Sent, width: int) -> RenderableType:
    return _bar(sent.bytes, sent.total, *_words_of_sending(sent), width)


def _words_of_sending(sent: Sent) -> tuple[str, str]:
    """How much, and how fast."""
    if sent.bytes == sent.total:
        return f"{size(sent.total)} sent", "being completed"
    rate = sent.bytes / max(sent.seconds, 1e-9)
    left = f", {duration((sent.total - sent.bytes) / rate)} left" if rate else ""
    return f"{size(sent.bytes)} of {size(sent.total)} sent", f"{rate / 1e6:,.0f} MB/s{left}"


def _table(recent: Stages, width: int) -> RenderableType:
    from rich.progress_bar import ProgressBar  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    first = leader(recent) if recent.seconds >= _TELLING_SECONDS else None
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for heading, least in (("", 9), ("images/s", 9), ("busy", 5), ("queue", _QUEUE_BAR), (" ", 5), ("", None)):
        is_number = heading in ("images/s", "busy", " ")
        table.add_column(heading, justify="right" if is_number else "left", min_width=least, no_wrap=True)
    for name, stage in recent.named():
        bounds = f"bounds the run, {percent(recent.waited_share(stage))}" if width >= _WIDE else "bounds"
        has_queue = name != "read"
        table.add_row(
            name,
            f"{stage.pictures / recent.seconds:,.0f}" if recent.seconds else "",
            percent(recent.busy_share(stage)),
            ProgressBar(1.0, stage.fill, width=_QUEUE_BAR, complete_style="cyan") if has_queue else "",
            percent(stage.fill) if has_queue else "",
            Text(bounds if name == first else "", "yellow"),
            style="bold" if name == first else "",
        )
    return table


def _words(progress: Progress, recent: _Recent) -> str:
    if progress.sent:
        return ", ".join(_words_of_sending(progress.sent))
    words = f"{progress.lines:,} of {progress.total:,}, {_rates(progress)}"
    if progress.shards:
        words += f"; {_shards(progress.shards)}"
    if progress.stages:
        stages = recent.of(progress.stages)
        for name, stage in stages.named():
            if name == leader(stages):
                words += f"; {DOING[name]} bounds, {percent(stages.waited_share(stage))} of the time"
    return words


def _shards(shards: tuple[int, int, int]) -> str:
    whole, working, total = shards
    return f"{whole:,} of {total:,} shards whole, {working:,} at work"


def _rates(progress: Progress) -> str:
    seconds = max(progress.seconds, 1e-9)
    left = (progress.total - progress.lines) * seconds / max(progress.lines, 1)
    return (
        f"{progress.lines / seconds:,.0f} images/s, {progress.bytes_in / seconds / 1e6:,.0f} MB/s, "
        f"{duration(left)} left" + (f", {progress.failed:,} failed" if progress.failed else "")
    )
