"""Whether each record holds the picture that the list names for it: mixed-up pictures have right labels, too."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from gpu_im2rec import devices
from gpu_im2rec.inspection import likeness
from gpu_im2rec.inspection.findings import Findings, Kind
from gpu_im2rec.inspection.list_check import Match
from gpu_im2rec.lists import Entry
from gpu_im2rec.packing.read_ahead import Batch, read_ahead
from gpu_im2rec.packing.root import Root
from gpu_im2rec.recordio import unframe, unpack_header
from gpu_im2rec.recordio.scan import FileBytes
from gpu_im2rec.transcode import Encoded, Failure, Reason, Source

_READ_AHEAD_BYTES = 16 << 20


@dataclass(slots=True)
class Compared:
    """Records that hold the picture that the list names."""

    equal: int = 0  # byte for byte
    alike: int = 0  # transcoded


class _Pair(NamedTuple):
    entry: Entry
    offset: int  # of the record
    file: bytes  # that the list names
    content: bytes  # of the record


def check_pictures(
    rec: Path, matches: Iterator[Match], root: str, findings: Findings, *, decoded: bool
) -> Compared:  # fmt: skip
    """Compare the record of each of ``matches`` with its file below ``root``.

    What cannot be decoded is told of records only if that was not done before (``decoded``). Memory: some megabytes a
    core.
    """
    return _Pictures(rec, findings, decoded).check(matches, root)


class _Pictures:
    def __init__(self, rec: Path, findings: Findings, decoded: bool) -> None:
        self._rec, self._findings, self._decoded = rec, findings, decoded
        self._compared = Compared()
        self._underway: deque[list[_Pair]] = deque()

    def check(self, matches: Iterator[Match], root: str) -> Compared:
        """See ``check_pictures``."""
        engine = devices.choose(likeness.SPEC, "cpu", devices.default_workers()).engine
        offsets: deque[int] = deque()
        entries = self._entries(matches, offsets)
        with (
            self._rec.open("rb") as file,
            closing(read_ahead(entries, Root(root, allow_outside=True).read, limit_bytes=_READ_AHEAD_BYTES)) as files,
            closing(engine.transcode(self._sources(files, offsets, FileBytes(file)))) as batches,
        ):
            for batch in batches:
                pairs = self._underway.popleft()
                for pair, of_file, of_record in zip(pairs, batch[::2], batch[1::2], strict=True):
                    self._judge(pair, of_file, of_record)
        return self._compared

    def _entries(self, matches: Iterable[Match], offsets: deque[int]) -> Iterator[Entry]:
        for entry, offset in matches:
            offsets.append(offset)
            yield entry

    def _sources(self, batches: Iterable[Batch], offsets: deque[int], source: FileBytes) -> Iterator[list[Source]]:
        """What an engine gets: file and record in turns, where they are not the same bytes."""
        for batch in batches:
            pairs = []
            for entry, file in zip(batch.lines, batch.sources, strict=True):
                offset = offsets.popleft()
                content = bytes(unpack_header(unframe(source, offset)[0])[1])
                if not isinstance(entry, Entry):
                    continue
                if file.failure:
                    self._tell_unreadable(entry, offset, file.failure)
                elif file.data == content:
                    self._compared.equal += 1
                else:
                    pairs.append(_Pair(entry, offset, file.data, content))
            if pairs:
                self._underway.append(pairs)
                yield [Source(pair.entry.index, data) for pair in pairs for data in (pair.file, pair.content)]

    def _judge(self, pair: _Pair, of_file: Encoded | Failure, of_record: Encoded | Failure) -> None:
        entry, offset = pair.entry, pair.offset
        if isinstance(of_file, Failure) and of_file.reason is Reason.TRUNCATED:
            of_file = likeness.as_far_as_it_goes(pair.file)
        if isinstance(of_record, Failure):
            if not self._decoded:
                message = f"{of_record.reason}: {of_record.message}"
                self._findings.add(Kind.UNDECODABLE, message, offset=offset, id=entry.index, line=entry.line)
        elif isinstance(of_file, Failure):
            self._tell_unreadable(entry, offset, of_file)
        elif self._alike(pair, likeness.thumbnail(of_file), likeness.thumbnail(of_record)):
            self._compared.alike += 1
        else:
            message = f"the record does not hold {entry.path!r}"
            self._findings.add(Kind.ANOTHER_PICTURE, message, offset=offset, id=entry.index, line=entry.line)

    def _alike(self, pair: _Pair, of_file: likeness.Thumbnail, of_record: likeness.Thumbnail) -> bool:
        return likeness.alike(of_file, of_record) or likeness.alike_when_small(pair.file, pair.content, of_record)

    def _tell_unreadable(self, entry: Entry, offset: int, failure: Failure) -> None:
        message = f"{entry.path!r} cannot be compared: {failure.reason}: {failure.message}"
        self._findings.add(Kind.UNREADABLE, message, offset=offset, id=entry.index, line=entry.line)
