"""Opening list files, counting their lines."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gpu_im2rec.errors import ListError

BLOCK = 1 << 20  # bytes read at a time


@contextmanager
def open_list(path: str | os.PathLike[str]) -> Iterator[io.BufferedReader]:
    """The file's bytes. Raises ListError where it cannot be opened, or read inside the ``with``."""
    try:
        with Path(path).open("rb") as file:
            yield file
    except OSError as error:
        raise ListError(
            f"{path}: the list cannot be read: {error.strerror}. "
            "Check its name and permissions, or make it with `gpu-im2rec list`"
        ) from error


def count_lines(path: str | os.PathLike[str]) -> int:
    """How many lines the file at ``path`` has, blank and malformed ones too: an upper estimate of its entries.

    For progress bars. Reads the whole file, so a pipe is empty afterwards. Raises ListError if it cannot be read.
    """
    with open_list(path) as file:
        return sum(lines_per_block(file))


def lines_per_block(file: io.BufferedReader, size: int | None = None, *, ends: bytes = b"\n") -> list[int]:
    """Line ends in each block of the next ``size`` bytes (None: the rest); a last line without one counts too.

    ``ends`` are the bytes that end lines: LF, or LF and CR, of which CR LF is one.
    """
    counts, last = [], b"\n"
    while block := file.read(BLOCK if size is None else min(BLOCK, size)):
        counts.append(block.count(b"\n"))
        if b"\r" in ends:
            counts[-1] += block.count(b"\r") - block.count(b"\r\n") - (last == b"\r" and block.startswith(b"\n"))
        last = block[-1:]
        size = size and size - len(block)
    if last not in ends:
        counts[-1] += 1
    return counts
