"""Charts as numbers: where bars, lines and ticks stand in a box of 640 by 220. The template draws them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from gpu_im2rec.showing.report.bins import Bin, ticks

WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 12, 30  # margins

_X_LABELS = 7  # at most so many fit

Unit = Callable[[float], str]  # writes a value


class Bar(NamedTuple):
    """A bar, and what it says when one points at it."""

    x: float
    y: float
    width: float
    height: float
    title: str


class Tick(NamedTuple):
    """A label at a place on an axis."""

    at: float
    label: str


@dataclass(frozen=True)
class Chart:
    """One chart; ``summary`` says it in words for those who do not see it."""

    summary: str
    bars: list[Bar] = field(default_factory=list)
    line: str = ""  # points of a polyline
    x_ticks: list[Tick] = field(default_factory=list)
    y_ticks: list[Tick] = field(default_factory=list)


class Row(NamedTuple):
    """A name, a number, and a bar of ``share`` 0 … 1."""

    name: str
    value: str
    share: float


def histogram(bins: Sequence[Bin], summary: str, unit: Unit) -> Chart:
    """A column for each of ``bins``; ``unit`` writes a value on the axis."""
    most = max(each.count for each in bins)
    step = (WIDTH - LEFT - RIGHT) / len(bins)
    bars = []
    for number, each in enumerate(bins):
        height = _height(each.count, most)
        if each.count:
            height = max(height, 1.5)  # seen, however few
        title = f"{unit(each.low)} … {unit(each.high)}: {each.count:,}"
        bars.append(Bar(LEFT + number * step, HEIGHT - BOTTOM - height, max(step - 1.5, 0.5), height, title))
    every = -(-(len(bins) + 1) // _X_LABELS)
    edges = [each.low for each in bins] + [bins[-1].high]
    x_ticks = [Tick(LEFT + number * step, unit(edges[number])) for number in range(0, len(edges), every)]
    return Chart(summary, bars=bars, x_ticks=x_ticks, y_ticks=_y_ticks(most))


def line(points: Sequence[tuple[float, float]], summary: str, unit: Unit) -> Chart:
    """``points`` of two or more different x, from 0 on, connected; y from 0."""
    last, most = points[-1][0], max(y for _, y in points)
    inner = WIDTH - LEFT - RIGHT
    places = [(LEFT + inner * x / last, HEIGHT - BOTTOM - _height(y, most)) for x, y in points]
    x_ticks = [Tick(LEFT + inner * x / last, unit(x)) for x in ticks(last, _X_LABELS - 1)]
    text = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return Chart(summary, line=text, x_ticks=x_ticks, y_ticks=_y_ticks(most))


def rows(pairs: Sequence[tuple[str, float]], value: Unit, whole: float | None = None) -> list[Row]:
    """Names with a bar each; the longest is that of ``whole``, or of the largest."""
    most = whole or max((number for _, number in pairs), default=0) or 1
    return [Row(name, value(number), min(max(number / most, 0.0), 1.0)) for name, number in pairs]


def _height(value: float, most: float) -> float:
    return (HEIGHT - TOP - BOTTOM) * value / most if most else 0.0


def _y_ticks(most: float) -> list[Tick]:
    return [Tick(HEIGHT - BOTTOM - _height(value, most), short(value)) for value in ticks(most)]


def short(value: float) -> str:
    """A number on an axis: 950, 12k, 3.5M."""
    for factor, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= factor:
            return f"{value / factor:.3g}{suffix}"
    return f"{value:.3g}"
