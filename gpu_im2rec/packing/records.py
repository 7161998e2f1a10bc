"""From packed pictures to records, in the layout that was asked for, and what people must know of them."""

from __future__ import annotations

from gpu_im2rec.lists import DuplicateIndices, Entry
from gpu_im2rec.packing.faces import FaceReport, Faces
from gpu_im2rec.packing.options import PackOptions
from gpu_im2rec.recordio import RecordWriter, pack_header


class Records:
    """Appends pictures to ``writer``."""

    def __init__(self, writer: RecordWriter, options: PackOptions) -> None:
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

    def finish(self) -> None:
        """After the last picture, while the file can still be written to."""
        if self._faces:
            self._faces.finish()

    def publish(self) -> FaceReport | None:
        """What goes beside the records, once they bear their name."""
        return self._faces.publish(overwrite=self._options.overwrite) if self._faces else None
