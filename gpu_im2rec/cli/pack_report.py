"""What a run did, or would do, as people read it."""

from __future__ import annotations

from pathlib import Path

from gpu_im2rec.cli.output import say, show_table
from gpu_im2rec.packing import Estimate, FaceReport, PackReport, Space
from gpu_im2rec.transcode import in_words
from gpu_im2rec.units import counted, duration, size


def show_report(report: PackReport, page: Path | None = None) -> None:
    """A finished run, and where the ``page`` about it is, on standard output."""
    if report.note:
        say(report.note)
    reasons = in_words(report.reasons)
    show_table(
        [
            ("packed", f"{counted(report.packed, 'picture')}, {size(report.bytes_in)} read"),
            ("failed", f"{report.failed:,} ({reasons}), named in {report.failures}" if report.failed else ""),
            ("truncated", _truncated(report) if report.truncated else ""),
            ("duplicates", _duplicates(report)),
            ("label width", _label_width(report)),
            ("identities", identities(report.faces) if report.faces else ""),
            ("resumed", _resumed(report) if report.resumed_at else ""),
            ("part", f"{report.part} of the list" if report.part else ""),
            ("was there", "packed by an earlier run, whose figures these are" if report.was_there else ""),
            ("shards", _shards(report) if report.shards else ""),
            ("records", _records(report)),
            ("index", f"{report.idx}{', of all shards, for DALI' if report.shards else ''}" if report.packed else ""),
            ("checksums", str(report.checksums or "")),
            ("report", ", ".join(map(str, filter(None, (report.report, page))))),
            ("time", f"{duration(report.seconds)}, {report.images_per_second:,.0f} images/s"),
            ("engine", report.engine + (_workers(report) if report.engine == "cpu" else "")),
            ("by the CPU", _rescued(report)),
            ("bottleneck", report.bottleneck),
        ]
    )


def _truncated(report: PackReport) -> str:
    return f"{counted(report.truncated, 'picture')}, packed as far as they decode"


def _resumed(report: PackReport) -> str:
    return f"after {counted(report.resumed_at, 'line')}; figures are of the whole"


def _shards(report: PackReport) -> str:
    machines = f", by {counted(report.machines, 'machine')}" if report.machines else ""
    retried = f", {report.retried:,} of them after a failed attempt" if report.retried else ""
    return f"{report.shards:,}, named in {report.rec}{machines}{retried}"


def _records(report: PackReport) -> str:
    if not report.packed and report.part:
        return "none: not one picture of this part could be packed, and it has no file"
    return f"{'' if report.shards else f'{report.rec}, '}{size(report.bytes_out)}{_appended(report)}"


def _workers(report: PackReport) -> str:
    each = " a shard" if report.shards else ""
    return f", {counted(report.workers, 'worker')}{each}"


def _appended(report: PackReport) -> str:
    return f", appended to {counted(report.appended_to, 'record')}" if report.appended_to else ""


def _rescued(report: PackReport) -> str:
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in report.rescued.items())
    return f"{sum(report.rescued.values()):,} ({reasons})" if report.rescued else ""


def _duplicates(report: PackReport) -> str:
    if not report.duplicates:
        return (
            f"{report.duplicates_unchecked:,} indices were too far apart to check"
            if report.duplicates_unchecked
            else ""
        )
    examples = ", ".join(map(str, report.duplicate_examples))
    what = "record shares its index" if report.duplicates == 1 else "records share their index"
    return f"{report.duplicates:,} {what} with another, such as {examples}; readers find only one"


def _label_width(report: PackReport) -> str:
    widest, narrowest = report.label_width, report.narrowest_labels
    width = f"{widest}" if narrowest == widest else f"{narrowest} … {widest}"
    if report.labels_dropped:
        pictures = counted(report.labels_dropped, "picture")
        return f"{width}, but only the first is stored, of {pictures}; --pack-label stores all"
    return width if narrowest == widest else f"{width}; ImageRecordIter needs the same for all, readers of boxes do not"


def identities(faces: FaceReport) -> str:
    """What a file in insightface's layout holds besides its faces, in one line."""
    size = "{}x{}".format(*faces.size) if faces.size else "size unknown"
    others = (
        f"; of another size: {counted(faces.other_sizes, 'face')}, and training needs one size"
        if faces.other_sizes
        else ""
    )
    return f"{faces.identities:,}; {faces.property}: {counted(faces.classes, 'class', 'classes')}, {size}{others}"


def _free(bytes_: int | None) -> str:
    return "" if bytes_ is None else f"; {size(bytes_)} are free"


def warn_of_space(space: Space) -> None:
    """Before a run whose output will probably not fit."""
    say(
        f"warning: about {size(space.needed)} will be written, and {size(space.free)} are free: make room. "
        "Where the disk fills up the run stops, and --resume goes on"
    )


def show_estimate(estimate: Estimate) -> None:
    """A dry run, on standard output."""
    if estimate.note:
        say(estimate.note)
    failures = ", ".join(f"{count} {reason}" for reason, count in estimate.sample_failures.items())
    show_table(
        [
            ("pictures", f"{estimate.entries:,}"),
            ("malformed lines", f"{estimate.malformed:,}" if estimate.malformed else ""),
            ("duplicate indices", f"{estimate.duplicates:,}" if estimate.duplicates else ""),
            ("labels", f"{estimate.label_width} a picture at most"),
            ("result", f"about {size(estimate.bytes_out)}{_free(estimate.free_bytes)}"),
            ("time", f"about {duration(estimate.seconds)} on this machine ({estimate.engine})"),
            ("sample", counted(estimate.sampled, "picture") + (f", of which failed: {failures}" if failures else "")),
        ]
    )
