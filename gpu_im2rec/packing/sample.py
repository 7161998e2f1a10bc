"""A sample of a list, the same one every time."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from itertools import islice

from gpu_im2rec.lists import Entry, Span
from gpu_im2rec.packing.lines import PathLike, lines_of
from gpu_im2rec.packing.options import PackOptions

_NEIGHBOURS = 64  # lines at the start of a span, of which one is drawn


def sample(entries: Iterable[Entry], size: int) -> list[Entry]:
    """Up to ``size`` entries of a stream, in list order; in bounded memory (reservoir sampling). Uniform."""
    chance = random.Random(0)
    chosen: list[Entry] = []
    for position, entry in enumerate(entries):
        if position < size:
            chosen.append(entry)
        elif (place := chance.randrange(position + 1)) < size:
            chosen[place] = entry
    return sorted(chosen, key=lambda entry: entry.line)


def one_of_each(list_path: PathLike, spans: Sequence[Span], options: PackOptions) -> list[Entry]:
    """An entry from near the start of each of ``spans``, so that of a long list hardly anything is read.

    One is drawn among neighbours, as a list may go round its classes. Raises ListError for a list that cannot be read.
    """
    chance = random.Random(0)
    near = (islice(lines_of(list_path, span, options), _NEIGHBOURS) for span in spans)
    entries = ([line for line in lines if isinstance(line, Entry)] for lines in near)
    return [chance.choice(some) for some in entries if some]
