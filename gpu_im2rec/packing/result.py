"""What a run that has ended says: its report, or why there is nothing to report."""

from __future__ import annotations

from collections.abc import Collection

from gpu_im2rec.packing.bottleneck import Bottleneck
from gpu_im2rec.packing.faces import FaceReport
from gpu_im2rec.packing.failures import FailureLog
from gpu_im2rec.packing.ledger import Ledger
from gpu_im2rec.packing.lines import PathLike, why_no_list
from gpu_im2rec.packing.means import Means
from gpu_im2rec.packing.report import PackReport
from gpu_im2rec.packing.unfinished import CRC, FAILURES, IDX, REPORT, path_of
from gpu_im2rec.storage import Place, shown
from gpu_im2rec.transcode import Reason, in_words


def report_of(
    out: Place, means: Means, ledger: Ledger, face_report: FaceReport | None, verdict: Bottleneck
) -> PackReport:
    """The report of a run whose last record is written, and whose output will be called ``out``."""
    records, failures, options = ledger.records, ledger.failures, means.options
    return PackReport(
        rec=out,
        idx=path_of(out, IDX),
        checksums=path_of(out, CRC) if options.checksums else None,
        failures=path_of(out, FAILURES) if failures.count else None,
        report=path_of(out, REPORT),
        packed=records.pictures,
        failed=failures.count,
        reasons={str(reason): count for reason, count in failures.reasons.most_common()},
        duplicates=records.duplicates.count,
        duplicate_examples=tuple(records.duplicates.examples),
        duplicates_unchecked=records.duplicates.unchecked,
        label_width=records.label_width,
        narrowest_labels=records.narrowest,
        labels_dropped=records.labels_dropped,
        bytes_in=ledger.bytes_in,
        bytes_out=ledger.writer.bytes_written,
        seconds=ledger.seconds,
        engine=means.engine,
        workers=means.workers,
        rescued=dict(ledger.rescued.most_common()),
        truncated=ledger.truncated,
        note=means.note,
        part=str(options.part or ""),
        faces=face_report,
        resumed_at=ledger.resumed_at,
        appended_to=ledger.appended_to,
        bottleneck=verdict.words,
    )


def nothing_packed(list_path: PathLike, root: str, failures: FailureLog) -> str:
    """Why there is no output, in words."""
    if not failures.count:
        return f"{list_path!s}: the list names no picture; nothing was written"
    if set(failures.reasons) == {Reason.MALFORMED_LINE} and (why := why_no_list(list_path)):
        return f"{why}. The first: {failures.first}"
    reasons = in_words(dict(failures.reasons.most_common(3)))
    return (
        f"{list_path!s}: not one picture could be packed ({reasons}); nothing was written. "
        f"The first: {failures.first}{doubt_of_root(root, failures.reasons)}"
    )


def doubt_of_root(root: PathLike, reasons: Collection[str]) -> str:
    """A question to end a message with that says why no picture could be packed; empty where all files are there."""
    return f". Is {shown(str(root))} the right root?" if Reason.MISSING in reasons else ""
