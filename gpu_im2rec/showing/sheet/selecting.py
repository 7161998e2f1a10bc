"""From a file and what was asked for to the records that are shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from gpu_im2rec.errors import UsageError
from gpu_im2rec.inspection import Step
from gpu_im2rec.showing.catalog import Catalog
from gpu_im2rec.showing.sheet.choosing import Choice, Class, at_random, by_itself, of_each_class
from gpu_im2rec.showing.sheet.survey import are_boxes, first_labels
from gpu_im2rec.showing.sheet.worst import worst
from gpu_im2rec.units import counted

Progress = Callable[[Step], None]


@dataclass(frozen=True, slots=True)
class Selection:
    """The records that are shown."""

    how: str  # they were chosen, in words
    groups: list[Class]
    by_class: bool = False  # False: one group, of all
    classes: int | None = None  # different first labels in the file; None: they were not counted, or are no classes
    reasons: dict[int, str] = field(default_factory=dict)  # why a record is among the worst
    undecodable: int | None = None  # in the file; None: not all were decoded

    @property
    def worst(self) -> bool:
        """Whether all pictures were decoded, to find the worst."""
        return self.undecodable is not None


def select(catalog: Catalog, choice: Choice | None, seed: int, progress: Progress) -> Selection:
    """What ``choice`` asks for; without one 8 of each of 2 … 40 classes, or else 100 at random.

    Raises UsageError where classes are asked for and the labels are boxes, RecordError where the disk fails.
    """
    if choice and choice.kind == "random":
        return _random(catalog, choice.number, seed)
    if choice and choice.kind == "worst":
        return _worst(catalog, choice.number, progress)
    labels, fits = first_labels(catalog, progress)
    if are_boxes(catalog, fits):
        if choice:
            raise UsageError("the labels are boxes, so a record has no class of its own; use --random N")
        return _random(catalog, 100, seed)
    choice = choice or by_itself(labels[fits])
    if choice.kind == "random":
        return _random(catalog, choice.number, seed, len(np.unique(labels[fits])))
    groups, classes = of_each_class(labels, fits, choice.number, seed)
    return Selection(_of_classes(choice.number, groups, classes), groups, True, classes)


def _random(catalog: Catalog, number: int, seed: int, classes: int | None = None) -> Selection:
    numbers = at_random(len(catalog), number, seed)
    how = "all of them" if number >= len(catalog) else f"{number:,} at random"
    return Selection(how, [Class(None, len(catalog), numbers)], classes=classes)


def _worst(catalog: Catalog, number: int, progress: Progress) -> Selection:
    found = worst(catalog, number, progress)
    group = Class(None, len(catalog), np.array(found.numbers, np.int64))
    how = f"the {len(found.numbers):,} that look worst"
    return Selection(how, [group], reasons=found.reasons, undecodable=found.undecodable)


def _of_classes(number: int, groups: list[Class], classes: int) -> str:
    shown = sum(group.label is not None for group in groups)
    if shown == classes:
        return f"up to {number} of each of {counted(classes, 'class', 'classes')}"
    third = shown // 3
    which = f"the {third} largest, {shown - 2 * third} in between, the {third} smallest"
    return f"up to {number} of each of {shown} of {classes:,} classes: {which}"
