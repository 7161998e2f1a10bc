"""The main job: a list and its pictures in, a RecordIO file and its index out."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import ExitStack, closing
from pathlib import Path

from gpu_im2rec import devices
from gpu_im2rec.errors import ListError, NothingPackedError, UsageError
from gpu_im2rec.lists import Entry, only_entries
from gpu_im2rec.packing import faces
from gpu_im2rec.packing.faces import FaceReport
from gpu_im2rec.packing.failures import FailureLog
from gpu_im2rec.packing.lines import PathLike, lines_of, span_of
from gpu_im2rec.packing.options import PackOptions
from gpu_im2rec.packing.outputs import check_outputs
from gpu_im2rec.packing.processes import transcoded_in_processes
from gpu_im2rec.packing.records import Records
from gpu_im2rec.packing.report import PackReport, Progress
from gpu_im2rec.packing.transcoding import Done, transcoded
from gpu_im2rec.recordio import RecordWriter, beside
from gpu_im2rec.recordio.part_file import publishing
from gpu_im2rec.transcode import Encoded, Failure, Reason

_PROGRESS_SECONDS = 0.1
_ORDER = "the order is LIST ROOT OUT"


def pack(
    list_path: PathLike,
    root: PathLike,
    out: PathLike,
    options: PackOptions | None = None,
    *,
    progress: Callable[[Progress], None] | None = None,
) -> PackReport:
    """Pack the pictures that ``list_path`` names, below ``root``, into ``out`` and the ``.idx`` beside it.

    Records come in list order and are the same bytes for any number of workers. The output appears under its names only
    when it is whole. ``progress`` is called from this thread, at most ten times a second.

    Raises ListError for a list that cannot be read, OutputExistsError, TooManyFailuresError by the error policy,
    NothingPackedError, DeviceError, UsageError, or OSError where the output cannot be written; then nothing is left.
    """
    options = options or PackOptions()
    out = options.part.output(Path(out)) if options.part else Path(out)
    return _Run(Path(list_path), os.fspath(root), out, options, progress).run()


def check_paths(list_path: Path, root: str, out: Path, options: PackOptions) -> None:
    """Raise what `pack` raises for arguments that cannot work, before any work is done."""
    if list_path.is_dir():
        raise UsageError(f"{list_path} is a folder and no list; {_ORDER}")
    if Path(root).is_file():
        raise UsageError(f"{root} is a file and no folder of pictures; {_ORDER}")
    if not Path(root).is_dir() and (options.dialect != "c++" or root.endswith("/")):  # else a name may start with it
        raise UsageError(f"{root}: no such folder; the root is the folder that the list's paths start from")
    if not list_path.is_file():
        named = list_path.with_name(f"{list_path.name}.lst")
        hint = f"did you mean {named}?" if named.is_file() else "`gpu-im2rec list PREFIX ROOT` makes one"
        raise ListError(f"{list_path}: no such list; {hint}")
    if out.is_dir() or out.suffix == ".idx":
        raise UsageError(f"{out}: the output needs a file name, usually one that ends in .rec")
    outputs = [out, beside(out, ".idx")]
    if options.layout == "insightface":
        outputs.append(faces.property_of(out))
    check_outputs(outputs, [list_path], overwrite=options.overwrite)
    check_outputs([_log_of(out)], [list_path, *outputs], overwrite=True)


def _log_of(out: Path) -> Path:
    return beside(out, ".failures.jsonl")


class _Run:
    """One run: puts records and failures where they belong."""

    def __init__(
        self,
        list_path: Path,
        root: str,
        out: Path,
        options: PackOptions,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        check_paths(list_path, root, out, options)
        self._started = time.perf_counter()
        self._list_path, self._root, self._out, self._options = list_path, root, out, options
        self._span = span_of(list_path, options)
        if options.layout == "insightface":
            lines = lines_of(list_path, self._span, options)
            faces.check_list(list_path, only_entries(list_path, lines, on_malformed=lambda _: None))
        self._workers = options.workers or devices.default_workers()
        self._device = self._choose()
        self._progress = progress
        self._progress_due = 0.0
        self._bytes_in = 0
        self._rescued: Counter[str] = Counter()

    def run(self) -> PackReport:
        """Everything between the checks and the report; nothing is left behind where it raises."""
        options = self._options
        failures = FailureLog(_log_of(self._out), self._list_path, options.limit, self._span.lines)
        with ExitStack() as files:  # each is on the disk before the first bears its name: records, the rest, failures
            files.enter_context(failures)
            property_file = None
            if options.layout == "insightface":
                property_path = faces.property_of(self._out)
                property_file = files.enter_context(publishing(property_path, overwrite=options.overwrite))
            writer = files.enter_context(RecordWriter(self._out, overwrite=options.overwrite))
            records = Records(writer, options, property_file)
            self._fill(writer, records, failures)
            face_report = records.finish()
            failures.finish()
        self._tell(writer, records, failures, last=True)
        return self._report(writer, records, failures, face_report)

    def _fill(self, writer: RecordWriter, records: Records, failures: FailureLog) -> None:
        with closing(self._transcoded()) as done:
            for line, result, bytes_in in done:
                self._bytes_in += bytes_in
                if isinstance(line, Entry) and isinstance(result, Encoded):
                    records.append(line, result.data)
                    if result.rescue:
                        self._rescued[result.rescue] += 1
                elif isinstance(result, Failure):
                    failures.add(line, result)
                self._tell(writer, records, failures)
        if not records.pictures and (failures.count or not self._options.allow_empty):
            raise NothingPackedError(self._nothing(failures))

    def _transcoded(self) -> Generator[Done, None, None]:
        """Every line of the list with what became of its picture, in order."""
        options = self._options
        lines = lines_of(self._list_path, self._span, options)
        if not self._device:
            return transcoded_in_processes(lines, self._root, options, options.devices)
        read = options.open_root(self._root).read
        return transcoded(lines, read, self._device.engine, limit_bytes=options.read_ahead_bytes)

    def _choose(self) -> devices.Choice | None:
        """None where several processes work, each with its own engine: what is not for a GPU needs one only."""
        options, spec = self._options, self._options.transcode
        if options.devices and not spec.pass_through and not devices.why_not_for_the_gpu(spec):
            return None
        device = options.devices[0] if options.devices else options.device
        return devices.choose(spec, device, self._workers, options.gpu, options.isolate)

    def _note(self) -> str:
        if self._device:
            return self._device.note
        on_gpus = any(name.startswith("gpu") for name in self._options.devices)
        return devices.gpu_note(self._options.transcode, self._options.isolate) if on_gpus else ""

    def _tell(self, writer: RecordWriter, records: Records, failures: FailureLog, *, last: bool = False) -> None:
        if self._progress is None:
            return
        now = time.perf_counter()
        if now >= self._progress_due or last:
            self._progress_due = now + _PROGRESS_SECONDS
            self._progress(
                Progress(
                    lines=records.pictures + failures.count,
                    total=self._span.lines,
                    packed=records.pictures,
                    failed=failures.count,
                    bytes_in=self._bytes_in,
                    bytes_out=writer.bytes_written,
                    seconds=now - self._started,
                )
            )

    def _report(
        self, writer: RecordWriter, records: Records, failures: FailureLog, face_report: FaceReport | None
    ) -> PackReport:
        return PackReport(
            rec=writer.path,
            idx=writer.index_path,
            failures=failures.path if failures.count else None,
            packed=records.pictures,
            failed=failures.count,
            reasons={str(reason): count for reason, count in failures.reasons.most_common()},
            duplicates=records.duplicates.count,
            duplicate_examples=tuple(records.duplicates.examples),
            duplicates_unchecked=records.duplicates.unchecked,
            label_width=records.label_width,
            narrowest_labels=records.narrowest,
            labels_dropped=records.labels_dropped,
            bytes_in=self._bytes_in,
            bytes_out=writer.bytes_written,
            seconds=time.perf_counter() - self._started,
            engine=self._device.engine.name if self._device else " + ".join(self._options.devices),
            workers=self._workers,
            rescued=dict(self._rescued.most_common()),
            note=self._note(),
            part=str(self._options.part or ""),
            faces=face_report,
        )

    def _nothing(self, failures: FailureLog) -> str:
        if not failures.count:
            return f"{self._list_path}: the list names no picture; nothing was written"
        reasons = ", ".join(f"{count} {reason}" for reason, count in failures.reasons.most_common(3))
        hint = f". Is {self._root} the right root?" if Reason.MISSING in failures.reasons else ""
        return (
            f"{self._list_path}: not one picture could be packed ({reasons}); nothing was written. "
            f"The first: {failures.first}{hint}"
        )
