"""The main job: a list and its pictures in, a RecordIO file and its index out."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace
from itertools import islice
from typing import Any

from gpu_im2rec import devices
from gpu_im2rec.errors import NothingPackedError
from gpu_im2rec.lists import only_entries
from gpu_im2rec.packing import faces
from gpu_im2rec.packing.bottleneck import Bottleneck, Setup, bottleneck
from gpu_im2rec.packing.faces import FaceReport
from gpu_im2rec.packing.fingerprint import fingerprint
from gpu_im2rec.packing.finished import finished
from gpu_im2rec.packing.journal import peek
from gpu_im2rec.packing.ledger import Ledger
from gpu_im2rec.packing.lines import PathLike, lines_of, span_of
from gpu_im2rec.packing.list_here import list_here
from gpu_im2rec.packing.metering import ProcessesMeter, RunMeter, ThreadsMeter
from gpu_im2rec.packing.options import PackOptions
from gpu_im2rec.packing.paths import check_paths
from gpu_im2rec.packing.processes import seam_of, transcoded_in_processes
from gpu_im2rec.packing.report import PackReport, Progress, Sent
from gpu_im2rec.packing.run_report import run_report
from gpu_im2rec.packing.space import Space, shortage
from gpu_im2rec.packing.staged import Staging
from gpu_im2rec.packing.streamed import Streamed
from gpu_im2rec.packing.supervision import Pulse, supervised
from gpu_im2rec.packing.transcoding import Done, transcoded
from gpu_im2rec.packing.unfinished import CRC, FAILURES, IDX, PROPERTY, REPORT, Unfinished, journal_of, path_of
from gpu_im2rec.storage import Place, Url, place
from gpu_im2rec.transcode import Reason


def pack(
    list_path: PathLike,
    root: PathLike,
    out: PathLike,
    options: PackOptions | None = None,
    *,
    progress: Callable[[Progress], None] | None = None,
    on_shortage: Callable[[Space], None] | None = None,
    device: devices.Choice | None = None,
) -> PackReport:
    """Pack the pictures that ``list_path`` names, below ``root``, into ``out`` and the ``.idx`` beside it.

    Records come in list order and are the same bytes for any number of workers. The output appears under its names only
    when it is whole; until then they end in ``.part``. What a run has done that ends early, by an error or Ctrl-C,
    stays there for ``options.resume``, and a note of the exception says so. ``progress`` is called from this thread,
    some ten times a second; the work is done in others. ``on_shortage`` is called once, as it begins, where the disk
    probably has too little room. ``device`` is the engine, if it was chosen already: many parts may share one.

    Raises ListError for a list that cannot be read, OutputExistsError, ResumeError, TooManyFailuresError by the error
    policy, NothingPackedError, DeviceError, StorageError where the folder of the pictures goes away, StalledError,
    UsageError, and OSError where the output cannot be written.
    """
    options = options or PackOptions()
    asked = place(out)
    target = options.part.output(asked) if options.part else asked
    folder = os.fspath(root).removeprefix("file://")
    with list_here(list_path, options.part) as here:
        if not options.staging:
            run = _Run(here, folder, target, target, options, device, asks_for_room=on_shortage is not None)
            return _supervised(run, progress, on_shortage)
        staging = Staging(target, options)
        run = _Run(here, folder, staging.out, target, options, device, asks_for_room=on_shortage is not None)
        report = _supervised(run, progress, on_shortage)

        def tell(sent: Sent) -> None:
            if progress:
                progress(report.while_sent(sent))

        staging.send(tell)
        return report


def _supervised(
    run: _Run, progress: Callable[[Progress], None] | None, on_shortage: Callable[[Space], None] | None
) -> PackReport:  # fmt: skip
    def look() -> None:
        if run.shortage and on_shortage:
            on_shortage(run.shortage)
            run.shortage = None
        if run.ledger and progress:
            progress(run.ledger.progress(run.meter.stages() if run.meter else None))

    try:
        return supervised(run.run, run.pulse, stall_timeout=run.options.stall_timeout, look=look)
    except BaseException as error:
        if run.unfinished and (kept := run.unfinished.kept()):
            error.add_note(kept)
        elif run.unfinished and run.unfinished.is_published and isinstance(error, KeyboardInterrupt):
            error.args = (f"{run.out} and its index were whole by then",)
        if isinstance(run.unfinished, Streamed):
            run.unfinished.discard()  # which the run's own thread could not, where it hangs
        raise


def choose_engine(options: PackOptions) -> devices.Choice | None:
    """The engine of a run. None where several processes work, each with its own: what is not for a GPU needs one only.

    Raises DeviceError and UsageError.
    """
    spec, workers = options.transcode, options.workers or devices.default_workers()
    if options.devices and not spec.pass_through and not devices.why_not_for_the_gpu(spec):
        return None
    device = options.devices[0] if options.devices else options.device
    return devices.choose(spec, device, workers, options.gpu, options.isolate)


class _Run:
    """One run, from the checks to the report."""

    def __init__(
        self, list_path: PathLike, root: str, out: Place, told: Place, options: PackOptions,
        device: devices.Choice | None, *, asks_for_room: bool,
    ) -> None:  # fmt: skip
        """``told`` is what the report calls ``out``: where it will be in the end."""
        check_paths(list_path, root, out, options)
        self._started = time.perf_counter()
        self._list_path, self._root, self.out, self._told, self.options = list_path, root, out, told, options
        self._span = span_of(list_path, options)
        if options.layout == "insightface":
            lines = lines_of(list_path, self._span, options)
            faces.check_list(list_path, only_entries(list_path, lines, on_malformed=lambda _: None))
        self._workers = options.workers or devices.default_workers()
        self._device = device or choose_engine(options)
        self._engine = self._device.engine.name if self._device else " + ".join(options.devices)
        self._asks_for_room = asks_for_room
        self.pulse = Pulse()
        self.shortage: Space | None = None
        self.unfinished: Unfinished | Streamed | None = None
        self.ledger: Ledger | None = None
        self.meter: RunMeter | None = None

    def run(self) -> PackReport:
        """All the work. What was done stays where it raises."""
        span = self._span if self.options.part else None
        asked = fingerprint(self._list_path, self._root, self.options, self._engine, span)
        if report := self._finished(asked):
            return replace(report, was_there=True)
        with self._begun(asked) as self.unfinished:
            if self._asks_for_room:
                self.shortage = self._shortage(self.unfinished.start.lines)
            self.ledger = Ledger(
                self.unfinished, self._list_path, self._span.lines, self.options, self.pulse, self._started
            )
            self.meter, work = self._transcoded(self.ledger.lines)
            self._fill(self.unfinished, self.ledger, work)
            return self._publish(self.unfinished, self.ledger, self.meter, asked)

    def _finished(self, asked: dict[str, Any]) -> PackReport | None:
        """What an earlier run says that did the whole work already, where that may be."""
        options = self.options
        if not options.resume or options.overwrite:
            return None
        if isinstance(self._told, Url) and options.part and (report := finished(self._told, asked)):
            return report
        if isinstance(self.out, Url) or not (options.part or options.staging) or peek(journal_of(self.out)):
            return None
        return finished(self.out, asked)

    def _begun(self, asked: dict[str, Any]) -> Unfinished | Streamed:
        if isinstance(self.out, Url):
            return Streamed(self.out, self.options, self.pulse.beat)
        return Unfinished(self.out, asked, self.options, self.pulse.beat)

    def _shortage(self, done: int) -> Space | None:
        if isinstance(self.out, Url):
            return None
        return shortage(self._list_path, self._root, self.out, self._span, done, self.options, self.pulse)

    def _fill(self, unfinished: Unfinished | Streamed, ledger: Ledger, work: Generator[Done, None, None]) -> None:
        seam = self._device.engine.seam if self._device else seam_of(self.options)
        if seam == 1:
            unfinished.reached = ledger.checkpoint
        with closing(work) as done:
            for one in done:
                ledger.add(one)
                if ledger.lines % seam == 0 and unfinished.is_due():
                    unfinished.save(ledger.checkpoint())
                self.pulse.beat()
        if not ledger.records.pictures and not self._may_be_empty(ledger):
            raise NothingPackedError(self._nothing(ledger))

    def _may_be_empty(self, ledger: Ledger) -> bool:
        part = self.options.part
        is_one_of_many = part is not None and part.rule == "lines" and part.count > 1
        return is_one_of_many or (self.options.allow_empty and not ledger.failures.count)

    def _transcoded(self, skipped: int) -> tuple[RunMeter, Generator[Done, None, None]]:
        """Every line of the list behind the first ``skipped`` and what became of its picture, with the meter."""
        options = self.options
        lines = lines_of(self._list_path, self._span, options)
        deque(islice(self.pulse.with_each(lines), skipped), maxlen=0)
        if not self._device:
            of_all = ProcessesMeter(skipped, self._span.lines)
            return of_all, transcoded_in_processes(lines, self._root, options, options.devices, of_all)
        engine, read = self._device.engine, options.open_root(self._root).read
        meter = ThreadsMeter(options.readers(self._root), engine.meter, skipped, self._span.lines)
        return meter, transcoded(lines, read, engine, meter, limit_bytes=options.bytes_ahead(self._root))

    def _publish(
        self, unfinished: Unfinished | Streamed, ledger: Ledger, meter: RunMeter, asked: dict[str, Any]
    ) -> PackReport:
        pictures = replace(ledger.checkpoint(), sizes=unfinished.sizes())  # what is written now is made from them
        unfinished.reached = None
        face_report = ledger.records.finish(unfinished.files.get(PROPERTY))
        unfinished.sync()
        meter.clock.stop()
        stages = meter.stages()
        verdict = bottleneck(stages, self._setup())
        report = self._report(ledger, face_report, verdict)
        content = run_report(
            str(self._list_path), self._root, self.options, report, verdict, stages, meter, self._span,
            asked, unfinished.described(),
        )  # fmt: skip
        unfinished.files[REPORT].write([content])
        unfinished.publish(pictures)
        return report

    def _note(self) -> str:
        if self._device:
            return self._device.note
        on_gpus = any(name.startswith("gpu") for name in self.options.devices)
        return devices.gpu_note(self.options.transcode, self.options.isolate) if on_gpus else ""

    def _setup(self) -> Setup:
        options = self.options
        return Setup(
            self._engine,
            devices.default_workers(),
            gpu_helps=not devices.why_not_for_the_gpu(options.transcode),
            read_threads=options.readers(self._root),
            decode_threads=options.gpu.decode_threads or devices.default_decode_threads(len(options.devices) or 1),
            can_share=not (options.part or options.append or options.layout == "insightface"),
        )

    def _report(self, ledger: Ledger, face_report: FaceReport | None, verdict: Bottleneck) -> PackReport:
        records, failures = ledger.records, ledger.failures
        return PackReport(
            rec=self._told,
            idx=path_of(self._told, IDX),
            checksums=path_of(self._told, CRC) if self.options.checksums else None,
            failures=path_of(self._told, FAILURES) if failures.count else None,
            report=path_of(self._told, REPORT),
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
            engine=self._engine,
            workers=self._workers,
            rescued=dict(ledger.rescued.most_common()),
            truncated=ledger.truncated,
            note=self._note(),
            part=str(self.options.part or ""),
            faces=face_report,
            resumed_at=ledger.resumed_at,
            appended_to=ledger.appended_to,
            bottleneck=verdict.words,
        )

    def _nothing(self, ledger: Ledger) -> str:
        failures = ledger.failures
        if not failures.count:
            return f"{self._list_path}: the list names no picture; nothing was written"
        reasons = ", ".join(f"{count} {reason}" for reason, count in failures.reasons.most_common(3))
        hint = f". Is {self._root} the right root?" if Reason.MISSING in failures.reasons else ""
        return (
            f"{self._list_path}: not one picture could be packed ({reasons}); nothing was written. "
            f"The first: {failures.first}{hint}"
        )
