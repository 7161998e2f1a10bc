"""The walk through a record file that goes on after damage: at the next record, wherever it starts."""

from collections.abc import Iterator
from dataclasses import replace
from os import PathLike
from pathlib import Path

from gpu_im2rec.errors import RecordError
from gpu_im2rec.recordio.block import Block, Gap, Run
from gpu_im2rec.recordio.scan import FileBytes

_BLOCK_BYTES = 4 << 20  # read at a time; a larger record takes a block that holds it
_LEAST_BYTES = 1 << 16  # where one damage comes after the other, and each begins a block anew


def salvage(path: str | PathLike[str]) -> Iterator[Run | Gap]:
    """All whole records of ``path``, and all that lies between them, in the order of the file: every byte once.

    A record is whole if its parts are consistent, hold no magic at a multiple of 4, and are followed by a head, by the
    end of the file, or by damage. Its image header and content are not looked at. Memory: some megabytes, or a few
    times the largest record. Raises RecordError for a pipe.
    """
    gap = None
    for piece in _pieces(Path(path)):
        if isinstance(piece, Gap):
            gap = replace(gap, end=piece.end) if gap else piece
            continue
        if gap:
            yield gap
        gap = None
        yield piece
    if gap:
        yield gap


def _pieces(path: Path) -> Iterator[Run | Gap]:
    """As ``salvage``, but a gap may come in several pieces."""
    with path.open("rb") as file:
        if not file.seekable():
            raise RecordError(f"{path}: a pipe cannot be walked through; save it as a file first")
        source = FileBytes(file)
        start, size = 0, _BLOCK_BYTES
        while start < len(source):
            block = Block(source, start, size)
            if not block.decided:
                size *= 2
                continue
            begin = start
            for piece in block.pieces():
                yield piece
                start = piece.end if isinstance(piece, Gap) else int(piece.ends[-1])
            size = min(max(2 * (start - begin), _LEAST_BYTES), _BLOCK_BYTES)
