"""The main job: a list and its pictures in, a RecordIO file and its index out."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from gpu_im2rec import devices
from gpu_im2rec.errors import NothingPackedError
from gpu_im2rec.lists import only_entries
from gpu_im2rec.packing import faces
from gpu_im2rec.packing.bottleneck import bottleneck
from gpu_im2rec.packing.fingerprint import fingerprint
from gpu_im2rec.packing.finished import finished
from gpu_im2rec.packing.journal import peek
from gpu_im2rec.packing.ledger import Ledger
from gpu_im2rec.packing.lines import PathLike, lines_of, span_of
from gpu_im2rec.packing.list_here import list_here
from gpu_im2rec.packing.means import Means, choose_engine
from gpu_im2rec.packing.metering import ProcessesMeter, RunMeter, ThreadsMeter
from gpu_im2rec.packing.options import PackOptions
from gpu_im2rec.packing.outputs import check_replaced
from gpu_im2rec.packing.paths import check_paths
from gpu_im2rec.packing.processes import seam_of, transcoded_in_processes
from gpu_im2rec.packing.read_ahead import ReadMeter
from gpu_im2rec.packing.report import PackReport, Progress, Sent
from gpu_im2rec.packing.result import nothing_packed, report_of
from gpu_im2rec.packing.run_report import run_report
from gpu_im2rec.packing.space import Space, shortage
from gpu_im2rec.packing.staged import Staging
from gpu_im2rec.packing.streamed import Streamed
from gpu_im2rec.packing.supervision import Pulse, supervised
from gpu_im2rec.packing.transcoding import Done, transcoded
from gpu_im2rec.packing.unfinished import PROPERTY, REPORT, Unfinished, journal_of
from gpu_im2rec.storage import Place, Url, name_of, place


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
    folder = name_of(root)
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
        if isinstance(run.unfinished, Streamed):
            run.unfinished.discard()  # which the run's own thread could not, where it hangs
        if run.unfinished and (kept := run.unfinished.kept()):
            error.add_note(kept)
        elif run.unfinished and run.unfinished.is_published and isinstance(error, KeyboardInterrupt):
            error.args = (f"{run.out} and its index were whole by then",)
        raise


class _Run:
    """One run, from the checks to the report."""

    def __init__(
        self, list_path: PathLike, root: str, out: Place, told: Place, options: PackOptions,
        device: devices.Choice | None, *, asks_for_room: bool,
    ) -> None:  # fmt: skip
        """``told`` is what the report calls ``out``: where it will be in the end."""
        check_paths(list_path, root, out, options)
        if options.overwrite and isinstance(out, Path):
            check_replaced(out)
        self._started = time.perf_counter()
        self._list_path, self._root, self.out, self._told, self.options = list_path, root, out, told, options
        self._span = span_of(list_path, options)
        if options.layout == "insightface":
            lines = lines_of(list_path, self._span, options)
            faces.check_list(list_path, only_entries(list_path, lines, on_malformed=lambda _: None))
        self._device = device or choose_engine(options)
        self._means = Means(self._device, options.workers or devices.default_workers(), options)
        self._asks_for_room = asks_for_room
        self.pulse = Pulse()
        self.shortage: Space | None = None
        self.unfinished: Unfinished | Streamed | None = None
        self.ledger: Ledger | None = None
        self.meter: RunMeter | None = None

    def run(self) -> PackReport:
        """All the work. What was done stays where it raises."""
        span = self._span if self.options.part else None
        asked = fingerprint(self._list_path, self._root, self.options, self._means.engine, span)
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
        if not options.resume or options.overwrite or options.append:
            return None
        if isinstance(self._told, Url) and options.part and (report := finished(self._told, asked)):
            return report
        if isinstance(self.out, Url) or peek(journal_of(self.out)):
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
            raise NothingPackedError(nothing_packed(self._list_path, self._root, ledger.failures))

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
        meter = ThreadsMeter(ReadMeter.of(options, self._root), engine.meter, skipped, self._span.lines)
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
        verdict = bottleneck(stages, self._means.setup(self._root))
        report = report_of(self._told, self._means, ledger, face_report, verdict)
        content = run_report(
            str(self._list_path), self._root, self.options, report, verdict, stages, meter, self._span,
            asked, unfinished.described(),
        )  # fmt: skip
        unfinished.files[REPORT].write([content])
        unfinished.publish(pictures)
        return report
