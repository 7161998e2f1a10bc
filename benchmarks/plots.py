"""Plots of results as SVG: the same text every time, readable on white and on black.

Versions of matplotlib differ in the size of letters by fractions of a pixel: so margins are fixed, text stays text, and
places are rounded.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.results import Suite
from benchmarks.scale.bare import BARE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "plot"  # of the plot, where documents would name a table
_TITLES = {
    "pack": "Pictures a second that each contender packs, by size",
    "scale": "Time and memory of a run as its list grows",
    "stages": "The rate of each stage as a share of its limit",
}
_INK = "#787878"  # as far from white as from black
_OURS, _OTHERS = "#2f81f7", "#b08d57"
_WIDTH = 8.6  # inches
_ROW = 0.24
_NAMES = 2.5  # left of the axes
_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "gpu-im2rec",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "sans-serif"],  # the first comes with matplotlib
    "font.size": 9,
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), _INK),
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "grid.color": _INK,
    "grid.alpha": 0.3,
    "grid.linewidth": 0.5,
}


def title(suite: str) -> str:
    """What its plot shows; empty where it has none."""
    return _TITLES.get(suite, "")


def drawn(suite: str, tables: Suite) -> str:
    """The plot of a suite as SVG. Raises LookupError where it has none."""
    if suite not in _DRAWN:
        raise LookupError(f"the suite {suite} has no plot; {', '.join(_DRAWN)} have one")
    with _style():
        out = io.StringIO()
        _DRAWN[suite](tables).savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return _plain(out.getvalue())


def _plain(svg: str) -> str:
    """With tenths of a pixel, ids in their order, and no blanks at the ends of lines."""
    svg = re.sub(r">[^<]*<|\d+\.\d{2,}", _tenths, svg)
    for number, name in enumerate(dict.fromkeys(re.findall(r'id="([mp][0-9a-f]{10})"', svg))):
        svg = svg.replace(name, f"shape-{number}")
    return "".join(f"{line.rstrip()}\n" for line in svg.splitlines())


def _tenths(found: re.Match[str]) -> str:
    """A number in tenths; what stands between tags stays."""
    return found[0] if found[0].startswith(">") else f"{float(found[0]):.1f}".removesuffix(".0")


def _packs(tables: Suite) -> Figure:
    """A column a size of pictures, a row a contender."""
    sizes = {name: table for name, table in tables.items() if name[0].isdigit()}
    contenders = [*dict.fromkeys(contender for table in sizes.values() for contender in table.runs)]
    figure, all_axes = _panels(len(contenders), len(sizes), left=_NAMES)
    for axes, (name, table) in zip(all_axes, sizes.items(), strict=True):
        there = [contender for contender in contenders if contender in table.runs]
        colors = [_OURS if one.startswith("ours") else _OTHERS for one in there]
        _bars(axes, [contenders.index(one) for one in there], [table.values(one) for one in there], colors)
        axes.set_title(name)
        _label(axes, f"{table.unit}/s")
    _name_rows(all_axes[0], contenders)
    return figure


def _stages(tables: Suite) -> Figure:
    """A row a stage."""
    (table,) = tables.values()
    stages = [stage for stage in table.references if table.reference_of(stage)]
    figure, (axes,) = _panels(len(stages), 1, left=_NAMES)
    _bars(axes, range(len(stages)), [table.against_reference(stage) for stage in stages], [_OURS] * len(stages))
    axes.axvline(1, color=_INK, linewidth=1)
    axes.set_xlim(right=max(1.05, axes.get_xlim()[1]))
    _label(axes, "of its limit")
    _name_rows(axes, stages)
    return figure


def _scale(tables: Suite) -> Figure:
    """Time to the left, memory to the right; a line a table."""
    figure, (time, memory) = _panels(9, 2, left=0.7, between=0.9)
    for (name, table), color in zip(tables.items(), (_OURS, _OTHERS), strict=False):
        lists = [one for one in table.runs if one != BARE]
        entries = [median(table.values(one, "items")) for one in lists]
        _line(time, entries, [table.values(one, "seconds") for one in lists], name, color)
        _line(memory, entries, [table.values(one, "peak_mb") for one in lists], name, color)
    time.set_yscale("log")
    time.set_title("seconds")
    memory.set_ylim(bottom=0)
    memory.set_title("peak MB")
    for axes in (time, memory):
        axes.set_xscale("log")
        axes.grid(visible=True)
        axes.minorticks_off()
        _label(axes, "entries of the list")
        for axis in (axes.xaxis, time.yaxis):
            axis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    return figure


_DRAWN: dict[str, Callable[[Suite], Figure]] = {"pack": _packs, "scale": _scale, "stages": _stages}


def _panels(rows: int, columns: int, *, left: float, between: float = 0.25) -> tuple[Figure, Sequence[Axes]]:
    """Axes side by side, of a height for ``rows``, right of ``left`` inches."""
    from matplotlib.figure import Figure

    above, below, right = 0.3, 0.5, 0.15  # inches
    height = above + _ROW * rows + below
    figure = Figure(figsize=(_WIDTH, height))
    width = (_WIDTH - left - right - between * (columns - 1)) / columns
    boxes = [(left + number * (width + between), below, width, _ROW * rows) for number in range(columns)]
    return figure, [figure.add_axes((x / _WIDTH, y / height, w / _WIDTH, h / height)) for x, y, w, h in boxes]


def _bars(axes: Axes, rows: Sequence[int], values: Sequence[Sequence[float]], colors: Sequence[str]) -> None:
    """A bar to the median, a whisker from the lowest to the highest."""
    axes.barh(rows, [median(each) for each in values], height=0.62, color=colors, alpha=0.65)
    axes.hlines(rows, [min(each) for each in values], [max(each) for each in values], color=_INK, linewidth=1.5)
    axes.set_xlim(left=0)
    axes.grid(visible=True, axis="x")
    axes.set_axisbelow(True)
    axes.set_yticks([])


def _name_rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), [name.replace("`", "") for name in names])
    for each in axes.figure.axes:
        each.set_ylim(len(names) - 0.5, -0.5)
        each.tick_params(axis="y", length=0)


def _label(axes: Axes, text: str) -> None:
    """Below the axis, at a place that does not depend on the size of the numbers there."""
    axes.set_xlabel(text)
    axes.xaxis.set_label_coords(0.5, -24 / (72 * axes.get_position().height * axes.figure.get_size_inches()[1]))


def _line(axes: Axes, places: Sequence[float], values: Sequence[Sequence[float]], name: str, color: str) -> None:
    middles = [median(each) for each in values]
    axes.plot(places, middles, "o-", color=color, markersize=3, linewidth=1.2)
    axes.annotate(name, (places[-1], middles[-1]), (-8, 4), textcoords="offset points", ha="right", color=color)
    axes.vlines(places, [min(each) for each in values], [max(each) for each in values], color=color, linewidth=1)


@contextmanager
def _style() -> Iterator[None]:
    """Ours alone, whatever the user's settings are."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield
