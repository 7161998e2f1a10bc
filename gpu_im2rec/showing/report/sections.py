"""What a page shows, in order: each section with its charts, ready for the template."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from gpu_im2rec.showing.class_names import ClassNames
from gpu_im2rec.showing.report import bins, charts
from gpu_im2rec.showing.report.charts import Chart, Row
from gpu_im2rec.showing.report.contents import Contents
from gpu_im2rec.showing.report.run import Run
from gpu_im2rec.units import duration, percent, size

_ROWS = 40  # classes that have a row each; of more, some of the largest and smallest have
_ENDS = 10
_UNEVEN = 1.2  # the largest class has so many times the smallest


@dataclass(frozen=True)
class Figure:
    """A chart with a heading of its own, or a table with bars."""

    title: str
    chart: Chart | None = None
    rows: Sequence[Row] = ()


@dataclass(frozen=True)
class Section:
    """A heading, what it says in words, and figures."""

    title: str
    words: Sequence[str]
    figures: Sequence[Figure] = field(default_factory=list)


def labels(contents: Contents, names: ClassNames) -> Section:
    """How many records each label has; of thousands of them, how many labels have how many records."""
    if contents.objects:
        return _objects(contents, names)
    counts = contents.labels
    values = [label for label in counts if math.isfinite(label)]
    words = [_label_words(contents)]
    if len(contents.label_widths) > 1 or max(contents.label_widths, default=1) > 1:
        widths = ", ".join(f"{width} ({count:,})" for width, count in sorted(contents.label_widths.items()))
        words.append(f"Records have several labels: {widths}. Only the first of each record is counted here.")
    if not all(value.is_integer() for value in values):
        numbers = np.array(values)
        found = bins.linear(numbers, np.array([counts[value] for value in values]))
        return Section("Labels", words, [Figure("Records by label", _histogram(found, "labels", _plain))])
    ordered = sorted(counts.items(), key=lambda pair: (math.isnan(pair[0]), pair[0]))
    told = [(names.told(label), float(count)) for label, count in ordered]
    if len(told) <= _ROWS:
        return Section("Labels", words, [Figure("Records by label", rows=charts.rows(told, _count))])
    by_count = sorted(told, key=lambda pair: -pair[1])
    most = by_count[0][1]
    found = bins.by_halves_of_octaves(np.array([count for _, count in told]))
    return Section(
        "Labels",
        words,
        [
            Figure("Labels by how many records they have", _histogram(found, "records of one label", charts.short)),
            Figure(f"The {_ENDS} largest", rows=charts.rows(by_count[:_ENDS], _count, most)),
            Figure(f"The {_ENDS} smallest", rows=charts.rows(by_count[-_ENDS:], _count, most)),
        ],
    )


def _objects(contents: Contents, names: ClassNames) -> Section:
    objects = contents.objects
    told = [(names.told(label), float(count)) for label, count in objects.most_common(_ROWS)]
    words = (
        f"The labels are boxes: {objects.total():,} objects of {len(objects):,} classes in {contents.sampled:,} records"
    )
    rest = f", of which the {_ROWS} most frequent are shown" if len(objects) > _ROWS else ""
    figure = Figure("Objects by class", rows=charts.rows(told, _count))
    return Section("Labels", [f"{words}, evenly over the file{rest}."], [figure])


def dimensions(contents: Contents, run: Run | None) -> Section:
    """Widths and heights of the records' pictures, and of those that they were packed from."""
    after = [(*edges, count) for edges, count in contents.dimensions.items()]
    before = run.source_sizes if run else []
    words = [f"In the records: {_sizes_in_words(after)}, of {contents.sampled:,} records evenly over the file."]
    if before:
        words.insert(0, f"Before packing: {_sizes_in_words(before)}, of {_total(before):,} files evenly over the list.")
    figures = []
    for which, sizes in (("before packing", before), ("in the records", after)):
        for edge, name in ((0, "Widths"), (1, "Heights")):
            if len({one[edge] for one in sizes}) > 1:
                found = bins.linear(np.array([one[edge] for one in sizes]), np.array([one[2] for one in sizes]))
                figures.append(Figure(f"{name} {which}", _histogram(found, "pixels", _plain)))
    return Section("Widths and heights", words, figures)


def record_sizes(contents: Contents) -> Section:
    """Bytes a record."""
    sizes = contents.sizes
    words = f"{size(sizes.min())} … {size(sizes.max())} a record, {size(float(np.median(sizes)))} in the middle."
    found = bins.by_halves_of_octaves(sizes)
    return Section("Bytes a record", [words], [Figure("Records by bytes", _histogram(found, "bytes", size))])


def pace(run: Run) -> Section:
    """How fast the run was, and what bounded it."""
    figures = []
    speeds = _speeds(run.pace)
    if len(speeds) > 1:
        average = (run.pace[-1][1] - run.pace[0][1]) / run.pace[-1][0]
        summary = f"Pictures a second over {duration(run.pace[-1][0])}, {average:,.0f} on average"
        figures.append(Figure("Pictures a second, by time", charts.line(speeds, summary, _moment)))
    busy = [(f"{stage.name}, {_threads(stage.threads)}", stage.busy) for stage in run.stages]
    waited = [(stage.name, stage.waited) for stage in run.stages]
    figures.append(Figure("Busy, of the threads' time", rows=charts.rows(busy, percent, 1)))
    figures.append(Figure("Where the run's time went: waiting for …", rows=charts.rows(waited, percent, 1)))
    result = run.result
    words = [run.bottleneck[:1].upper() + run.bottleneck[1:] + "."] if run.bottleneck else []
    if result.resumed_at:
        words.append(f"Of the last run alone: it went on behind {result.resumed_at:,} lines.")
    return Section("Speed", words, figures)


def failures(run: Run) -> Section | None:
    """What was not packed, by reason; and what was, but in another way than the rest."""
    result = run.result
    figures = []
    words = []
    if result.failed:
        words.append(f"{result.failed:,} of {result.failed + result.packed:,} pictures were not packed.")
        figures.append(Figure("Failures by reason", rows=charts.rows(list(result.reasons.items()), _count)))
    if result.truncated:
        words.append(f"{result.truncated:,} pictures were cut short, and packed as far as they decode.")
    if result.rescued:
        words.append(f"{sum(result.rescued.values()):,} pictures were packed by the CPU in the GPU's place.")
        figures.append(Figure("By the CPU, and why", rows=charts.rows(list(result.rescued.items()), _count)))
    return Section("Failures", words, figures) if words else None


def _label_words(contents: Contents) -> str:
    counts = contents.labels
    if not counts:
        return "No record has a label that can be read."
    least, most = min(counts.values()), max(counts.values())
    different = f"{len(counts):,}{'' if contents.labels_complete else ' or more'} different labels"
    if len(counts) == 1:
        return f"All {most:,} records have the same label."
    if least == most:
        return f"{different}, {most:,} records each."
    ratio = f", so the largest has {most / least:,.1f} times the smallest" if most >= _UNEVEN * least else ""
    return f"{different}: {least:,} … {most:,} records each{ratio}."


def _sizes_in_words(sizes: Iterable[tuple[int, int, int]]) -> str:
    counted: Counter[tuple[int, int]] = Counter()
    for width, height, count in sizes:
        counted[width, height] += count
    if not counted:
        return "no size is known"
    common = ", ".join(f"{width}x{height} ({count:,})" for (width, height), count in counted.most_common(3))
    if len(counted) == 1:
        return f"all are {common.partition(' ')[0]}"
    return f"{len(counted):,} sizes, most often {common}"


def _total(sizes: Iterable[tuple[int, int, int]]) -> int:
    return sum(count for _, _, count in sizes)


def _speeds(moments: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Lines a second between two moments, at the later one."""
    return [(end, (now - then) / (end - start)) for (start, then), (end, now) in pairwise(moments) if end > start]


def _histogram(found: list[bins.Bin], what: str, unit: charts.Unit) -> Chart | None:
    if not found:
        return None
    highest = max(found, key=lambda each: each.count)
    summary = (
        f"Histogram of {what} from {unit(found[0].low)} to {unit(found[-1].high)}; "
        f"most, {highest.count:,}, are between {unit(highest.low)} and {unit(highest.high)}"
    )
    return charts.histogram(found, summary, unit)


def _threads(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"


def _count(number: float) -> str:
    return f"{number:,.0f}"


def _moment(seconds: float) -> str:
    return f"{seconds:.3g} s" if seconds < 60 else duration(seconds)


def _plain(number: float) -> str:
    return f"{number:.6g}"
