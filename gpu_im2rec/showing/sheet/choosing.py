"""Which records are shown: pure functions of labels and seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.errors import UsageError
from gpu_im2rec.loading.order import Numbers, Order

MOST_PICTURES = 1000
MOST_CLASSES = 48
MOST_OF_A_CLASS = 100
_FEW_CLASSES = 40  # so many are shown by themselves, where nothing is asked for

Labels = NDArray[np.float32]
Kind = Literal["per class", "random", "worst"]


@dataclass(frozen=True, slots=True)
class Choice:
    """So many pictures, of each class or in all. Raises UsageError for a number that no sheet has room for."""

    kind: Kind
    number: int

    def __post_init__(self) -> None:
        most = MOST_OF_A_CLASS if self.kind == "per class" else MOST_PICTURES
        if not 1 <= self.number <= most:
            raise UsageError(f"a sheet has room for 1 … {most:,} pictures {_OF[self.kind]}, not {self.number:,}")


_OF = {"per class": "of a class", "random": "at random", "worst": "of the worst"}


class Class(NamedTuple):
    """One class of a file, and the records that stand for it."""

    label: float | None  # None: those whose header cannot be read
    records: int  # in the file
    numbers: Numbers  # shown, ascending


def by_itself(labels: Labels) -> Choice:
    """What is shown where nothing is asked for: 8 of each of a few classes, or else 100 at random."""
    few = np.unique(labels[:1])
    for start in range(0, len(labels), 1 << 16):  # most files of many classes show that at once
        few = np.union1d(few, labels[start : start + (1 << 16)])
        if len(few) > _FEW_CLASSES:
            break
    whole = np.isfinite(few) & (few >= 0) & (few == np.floor(few))
    return Choice("per class", 8) if 1 < len(few) <= _FEW_CLASSES and whole.all() else Choice("random", 100)


def at_random(records: int, number: int, seed: int) -> Numbers:
    """``number`` of ``records``, or all where there are fewer; ascending."""
    return np.sort(Order(records, seed).numbers(0)[:number])


def of_each_class(labels: Labels, fits: NDArray[np.bool_], number: int, seed: int) -> tuple[list[Class], int]:
    """Up to ``number`` records of each class, and how many classes there are.

    In the order of the labels; where there are too many classes, a third are the largest, a third lie between, a third
    are the smallest, in the order of their size. Those for which ``fits`` is False, if any, come last.
    """
    shuffled = Order(len(labels), seed).numbers(0)
    unlabelled = shuffled[~fits[shuffled]]
    labelled = shuffled[fits[shuffled]]
    members = labelled[np.argsort(labels[labelled], kind="stable")]
    values, counts = np.unique(labels[fits], return_counts=True)
    starts = np.cumsum(counts) - counts
    classes: list[Class] = []
    for each in _shown(counts, min(MOST_CLASSES, MOST_PICTURES // number)):
        some = members[starts[each] : starts[each] + min(number, counts[each])]
        classes.append(Class(float(values[each]), int(counts[each]), np.sort(some)))
    if len(unlabelled):
        classes.append(Class(None, len(unlabelled), np.sort(unlabelled[:number])))
    return classes, len(values)


def _shown(counts: NDArray[np.int64], most: int) -> Sequence[int]:
    """Which classes: all, or ``most`` of them, from the largest to the smallest."""
    if len(counts) <= most:
        return range(len(counts))
    by_size = np.argsort(-counts, kind="stable")
    third = most // 3
    between = by_size[third : len(counts) - third]
    some = between[np.arange(most - 2 * third) * len(between) // (most - 2 * third)]
    picked: list[int] = np.concatenate([by_size[:third], some, by_size[len(counts) - third :]]).tolist()
    return picked
