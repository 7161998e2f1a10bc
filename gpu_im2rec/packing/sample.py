"""A uniform sample of a list, the same one every time."""

from __future__ import annotations

import random
from collections.abc import Iterable

from gpu_im2rec.lists import Entry


def sample(entries: Iterable[Entry], size: int) -> list[Entry]:
    """Up to ``size`` entries of a stream, in list order; in bounded memory (reservoir sampling)."""
    chance = random.Random(0)
    chosen: list[Entry] = []
    for position, entry in enumerate(entries):
        if position < size:
            chosen.append(entry)
        elif (place := chance.randrange(position + 1)) < size:
            chosen[place] = entry
    return sorted(chosen, key=lambda entry: entry.line)
