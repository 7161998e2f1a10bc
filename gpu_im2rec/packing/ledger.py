"""What became of a list's lines so far, on the way to the report: what is written, what is counted."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from gpu_im2rec.lists import Entry
from gpu_im2rec.packing.failures import FailureLog
from gpu_im2rec.packing.journal import Checkpoint
from gpu_im2rec.packing.lines import PathLike
from gpu_im2rec.packing.options import PackOptions
from gpu_im2rec.packing.records import Records
from gpu_im2rec.packing.report import Progress
from gpu_im2rec.packing.stages import Stages
from gpu_im2rec.packing.streamed import Streamed
from gpu_im2rec.packing.supervision import Pulse
from gpu_im2rec.packing.transcoding import Done
from gpu_im2rec.packing.unfinished import CRC, FAILURES, IDX, REC, Unfinished
from gpu_im2rec.recordio.output import Output
from gpu_im2rec.recordio.writer import RecordAppender
from gpu_im2rec.transcode import Encoded


class Ledger:
    """Puts records and failures into the unfinished files, from where these have come to."""

    def __init__(
        self,
        unfinished: Unfinished | Streamed,
        list_path: PathLike,
        lines: int,
        options: PackOptions,
        pulse: Pulse,
        started: float,
    ) -> None:
        """``lines`` are all that the run is asked to pack, blank ones too; it ``started`` at that ``perf_counter``."""
        files: Mapping[str, Output] = unfinished.files
        self._start = unfinished.start
        counts = self._start.counts
        self._started = started
        self._total = lines
        self.lines = self._start.lines
        self.bytes_in: int = counts.get("bytes_in", 0)
        self.truncated: int = counts.get("truncated", 0)
        self.rescued: Counter[str] = Counter(counts.get("rescued", {}))
        records = self.appended_to + counts.get("pictures", 0)
        self.writer = RecordAppender(files[REC], files[IDX], files.get(CRC), records=records)
        self.records = Records(self.writer, options)
        if isinstance(unfinished, Unfinished):
            earlier = unfinished.files
            self.records.restore(counts, earlier[REC].part, earlier[IDX].part, self.appended_to, pulse)
        self.failures = FailureLog(files[FAILURES], list_path, options.limit, lines, self._start.failures_from)

    @property
    def resumed_at(self) -> int:
        """Lines that were done when the run began."""
        return self._start.lines

    @property
    def appended_to(self) -> int:
        """Records that were there before the first run began."""
        return self._start.base.records if self._start.base else 0

    @property
    def seconds(self) -> float:
        """Of the run, and of those that it goes on with."""
        earlier: float = self._start.counts.get("seconds", 0.0)
        return earlier + time.perf_counter() - self._started

    def add(self, done: Done) -> None:
        """One line. Raises TooManyFailuresError, RecordError, OSError; then nothing is said of the line."""
        line, result = done.line, done.result
        if not isinstance(result, Encoded):
            self.failures.add(line, result)
        elif isinstance(line, Entry):
            self.records.append(line, result.data)
            self.truncated += result.truncated
            if result.rescue:
                self.rescued[result.rescue] += 1
        self.bytes_in += done.bytes_in
        self.lines += 1

    def checkpoint(self) -> Checkpoint:
        """Where another run could go on. Raises RecordError where a record was written in part."""
        self.writer.check_intact()
        counts = {
            "bytes_in": self.bytes_in,
            "rescued": dict(self.rescued),
            "truncated": self.truncated,
            "seconds": self.seconds,
        }
        return replace(self._start, lines=self.lines, counts=counts | self.records.counts())

    def progress(self, stages: Stages | None) -> Progress:
        """This moment."""
        return Progress(
            lines=self.lines,
            total=self._total,
            packed=self.records.pictures,
            failed=self.failures.count,
            bytes_in=self.bytes_in,
            bytes_out=self.writer.bytes_written,
            seconds=self.seconds,
            stages=stages,
        )
