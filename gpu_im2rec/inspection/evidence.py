"""What speaks for or against a record that framing alone does not prove."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gpu_im2rec.errors import RecordError
from gpu_im2rec.recordio import Index, beside, checksum, index_of, read_checksums, read_index
from gpu_im2rec.recordio.block import Run
from gpu_im2rec.recordio.by_offset import KeysByOffset
from gpu_im2rec.transcode.cut import is_cut
from gpu_im2rec.transcode.formats import format_of


class Checksums:
    """Those beside ``rec``: 8 bytes of memory each. A record of the file, wherever it moved to, has one of them.

    Raises RecordError for a file of checksums that is none.
    """

    def __init__(self, rec: Path) -> None:
        self.path = beside(rec, ".crc")
        self.are_there = self.path.is_file()
        lines = read_checksums(self.path) if self.are_there else iter(())
        self._known = np.sort(np.fromiter((value for _, value in lines), np.uint64))

    def hold(self, payload: memoryview) -> bool:
        """Whether the record with this payload is one of the file's."""
        value = np.uint64(checksum(payload))
        place = int(np.searchsorted(self._known, value))
        return place < len(self._known) and bool(self._known[place] == value)


class OldIndex:
    """The index beside ``rec``; where there is none, or one that cannot be read, it knows nothing."""

    def __init__(self, rec: Path) -> None:
        self.note = ""  # why it cannot be read
        index = Index(np.empty(0, np.uint64), np.empty(0, np.uint64))
        try:
            index = read_index(index_of(rec))
        except FileNotFoundError:
            pass
        except RecordError as error:
            self.note = str(error)
        self._lines = KeysByOffset(index)

    def keys(self, run: Run) -> list[int | None]:
        """The key of each record of ``run``; None where no line points to it."""
        lines = self._lines.rows(run.offsets).tolist()
        return [None if line < 0 else int(self._lines.keys[line]) for line in lines]

    def next_offset(self, offset: int) -> int | None:
        """Where the record behind the one at ``offset`` starts; None where no two lines say it."""
        if self._lines.rows(np.array([offset]))[0] < 0:
            return None
        behind = int(np.searchsorted(self._lines.offsets, np.uint64(offset), side="right"))
        return int(self._lines.offsets[behind]) if behind < len(self._lines) else None


def has_end(content: bytes) -> bool | None:
    """Whether a picture goes on to its end, by its own structure; None where that does not tell."""
    cut = is_cut(content, format_of(content))
    return None if cut is None else not cut
