"""Option sets in which every pair of values of two options occurs."""

from collections.abc import Iterator
from itertools import combinations, product
from typing import Any

Choices = dict[str, list[Any]]


Setting = tuple[str, Any]


def all_pairs(choices: Choices) -> list[dict[str, Any]]:
    """Few sets, chosen greedily: each covers as many missing pairs as it can."""
    missing = dict.fromkeys(_pairs_of(choices))
    sets = []
    while missing:
        chosen = dict(next(iter(missing)))
        for name, values in choices.items():
            if name not in chosen:
                chosen[name] = max(values, key=lambda value, name=name: _gain(missing, chosen, (name, value)))
        sets.append(chosen)
        missing = {pair: None for pair in missing if any(chosen[name] != value for name, value in pair)}
    return sets


def _pairs_of(choices: Choices) -> Iterator[tuple[Setting, Setting]]:
    for one, other in combinations(choices, 2):
        for first, second in product(choices[one], choices[other]):
            yield (one, first), (other, second)


def _gain(missing: dict[tuple[Setting, Setting], None], chosen: dict[str, Any], new: Setting) -> int:
    return sum((known, new) in missing or (new, known) in missing for known in chosen.items())
