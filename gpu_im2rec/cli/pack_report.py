"""What a run did, or would do, as people read it."""

from __future__ import annotations

from pathlib import Path

from gpu_im2rec.cli.output import say, show_table
from gpu_im2rec.packing import Estimate, FaceReport, PackReport, Space
from gpu_im2rec.units import duration, size


def show_report(report: PackReport, page: Path | None = None) -> None:
    """A finished run, and where the ``page`` about it is, on standard output."""
    if report.note:
        say(report.note)
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in report.reasons.items())
    show_table(
        [
            ("packed", f"{report.packed:,} pictures, {size(report.bytes_in)} read"),
            ("failed", f"{report.failed:,} ({reasons}), named in {report.failures}" if report.failed else ""),
            ("truncated", f"{report.truncated:,} pictures, packed as far as they decode" if report.truncated else ""),
            ("duplicates", _duplicates(report)),
            ("label width", _label_width(report)),
            ("identities", identities(report.faces) if report.faces else ""),
            ("resumed", f"after {report.resumed_at:,} lines; figures are of the whole" if report.resumed_at else ""),
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


def _shards(report: PackReport) -> str:
    machines = f", by {report.machines:,} machine{'' if report.machines == 1 else 's'}" if report.machines else ""
    retried = f", {report.retried:,} of them after a failed attempt" if report.retried else ""
    return f"{report.shards:,}, named in {report.rec}{machines}{retried}"


def _records(report: PackReport) -> str:
    if not report.packed and report.part:
        return "none: not one picture of this part could be packed, and it has no file"
    return f"{'' if report.shards else f'{report.rec}, '}{size(report.bytes_out)}{_appended(report)}"


def _workers(report: PackReport) -> str:
    each = " a shard" if report.shards else ""
    return f", {report.workers} worker{'' if report.workers == 1 else 's'}{each}"


def _appended(report: PackReport) -> str:
    return f", with {report.appended_to:,} records that were there" if report.appended_to else ""


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
    return f"{report.duplicates:,} records share their index with another, such as {examples}; readers find only one"


def _label_width(report: PackReport) -> str:
    widest, narrowest = report.label_width, report.narrowest_labels
    width = f"{widest}" if narrowest == widest else f"{narrowest} … {widest}"
    if report.labels_dropped:
        return f"{width}, but only the first is stored, of {report.labels_dropped:,} pictures; --pack-label stores all"
    return width if narrowest == widest else f"{width}; ImageRecordIter needs the same for all, readers of boxes do not"


def identities(faces: FaceReport) -> str:
    """What a file in insightface's layout holds besides its faces, in one line."""
    size = "{}x{}".format(*faces.size) if faces.size else "size unknown"
    others = f"; {faces.other_sizes:,} faces are of another, and training needs one" if faces.other_sizes else ""
    return f"{faces.identities:,}; {faces.property}: {faces.classes:,} classes, {size}{others}"


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
            ("sample", f"{estimate.sampled:,} pictures" + (f", of which failed: {failures}" if failures else "")),
        ]
    )
