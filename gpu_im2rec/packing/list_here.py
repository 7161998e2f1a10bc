"""The list of a run, on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from gpu_im2rec.errors import ListError
from gpu_im2rec.packing.lines import PathLike
from gpu_im2rec.packing.part import Part
from gpu_im2rec.storage import downloaded, name_of, place, shown


@contextmanager
def list_here(list_path: PathLike, part: Part | None = None) -> Iterator[PathLike]:
    """``list_path``, or a copy of it where it is remote: of a part whose place is known, of no more than its lines.

    The copy is called by its URL in messages, and is gone with the ``with``. Raises ListError where it cannot be read,
    and StorageError.
    """
    where, url = place(list_path), name_of(list_path)
    if isinstance(where, Path):
        yield where
        return
    cut = part.cut if part else None
    with ExitStack() as stack:
        try:
            copy = stack.enter_context(downloaded(url, cut.start, cut.stop) if cut else downloaded(url))
        except OSError as error:
            is_refused = isinstance(error, (FileNotFoundError, PermissionError))
            advice = ". Check its name and permissions" if is_refused else ""
            raise ListError(f"{shown(url)}: the list cannot be read: {error.strerror}{advice}") from error
        yield copy
