"""From packed pictures to records, in the layout that was asked for, and what people must know of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gpu_im2rec.lists import DuplicateIndices, Entry
from gpu_im2rec.packing.appending import check_last
from gpu_im2rec.packing.faces import FaceReport, Faces
from gpu_im2rec.packing.options import PackOptions
from gpu_im2rec.packing.supervision import Pulse
from gpu_im2rec.recordio import iter_records, pack_header, read_index
from gpu_im2rec.recordio.output import Output
from gpu_im2rec.recordio.writer import RecordAppender


class Records:
    """Appends pictures to ``writer``."""

    def __init__(self, writer: RecordAppender, options: PackOptions) -> None:
        self.pictures = 0
        self.label_width = 0  # of the widest line
        self.narrowest = 0
        self.labels_dropped = 0  # pictures of whose labels only the first was stored
        self.duplicates = DuplicateIndices()  # of keys
        self._writer = writer
        self._options = options
        self._first_twice = options.dialect == "c++"
        self._faces = Faces(writer) if options.layout == "insightface" else None

    def append(self, entry: Entry, content: bytes) -> None:
        """One picture."""
        packed, width = self._options.pack_label, len(entry.labels)
        if self._faces:
            self._faces.append(entry.labels[0], content)
        else:
            header = pack_header(entry.index, entry.labels, packed=packed, first_twice=self._first_twice)
            self._writer.append(entry.index, header, content)
            self.duplicates.add(entry.index)
        self.pictures += 1
        self.label_width = max(self.label_width, width)
        self.narrowest = min(self.narrowest or width, width)
        self.labels_dropped += width > 1 and not packed

    def counts(self) -> dict[str, int]:
        """What ``restore`` needs besides the files."""
        names = ("pictures", "label_width", "narrowest", "labels_dropped")
        return {name: getattr(self, name) for name in names}

    def restore(self, counts: dict[str, Any], rec: Path, idx: Path, base: int, pulse: Pulse) -> None:
        """Know what was appended before: the ``counts`` of the run then, and all that is in ``rec`` and ``idx``.

        The first ``base`` records are of other runs. Raises RecordError where the files are not as they were left.
        """
        for name in self.counts():
            setattr(self, name, counts.get(name, 0))
        index = read_index(idx)
        check_last(rec, index)
        if self._faces:
            self._faces.restore(pulse.with_each(iter_records(rec)))
            return
        for key in pulse.with_each(index.keys[:base]):
            self.duplicates.add(int(key))
        self.duplicates.forget_found()
        for key in pulse.with_each(index.keys[base:]):
            self.duplicates.add(int(key))

    def finish(self, property_file: Output | None) -> FaceReport | None:
        """After the last picture; ``property_file`` is there in insightface's layout alone."""
        return self._faces.finish(property_file) if self._faces and property_file else None
