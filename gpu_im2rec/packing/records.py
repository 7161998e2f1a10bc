"""From packed pictures to records, in the layout that was asked for, and what people must know of them."""

from __future__ import annotations

from gpu_im2rec.lists import DuplicateIndices, Entry
from gpu_im2rec.packing.faces import FaceReport, Faces
from gpu_im2rec.packing.options import PackOptions
from gpu_im2rec.recordio import RecordWriter, pack_header
from gpu_im2rec.recordio.part_file import PartFile


class Records:
    """Appends pictures to ``writer``."""

    def __init__(self, writer: RecordWriter, options: PackOptions, property_file: PartFile | None = None) -> None:
        """``property_file`` is there in insightface's layout alone."""
        self.pictures = 0
        self.label_width = 0  # of the widest line
        self.narrowest = 0
        self.labels_dropped = 0  # pictures of whose labels only the first was stored
        self.duplicates = DuplicateIndices()  # of keys
        self._writer = writer
        self._options = options
        self._first_twice = options.dialect == "c++"
        self._faces = Faces(writer, property_file) if property_file else None

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

    def finish(self) -> FaceReport | None:
        """After the last picture."""
        return self._faces.finish() if self._faces else None
