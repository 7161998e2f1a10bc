"""What is wrong with a record file, kind by kind: how often, and the first few in detail."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from itertools import islice
from typing import Any

_EXAMPLES = 5


class Kind(StrEnum):
    """What can be found. All but the last three are wrong; those are worth knowing."""

    DAMAGE = "damage"
    SHIFTED = "shifted record"
    PADDING = "padding"
    MISSING_FILE = "missing file"
    CHANGED_FILE = "changed file"
    SET_INDEX = "index of the set"
    NO_RECORDS = "no records"
    NO_HEADER = "no image header"
    NO_PICTURE = "no picture"
    NOT_AN_IMAGE = "not an image"
    FACES = "faces"
    INDEX = "index"
    NOT_INDEXED = "not in the index"
    POINTS_NOWHERE = "points nowhere"
    WRONG_KEY = "wrong key"
    CHECKSUMS = "checksums"
    CHANGED = "changed record"
    NO_CHECKSUM = "no checksum"
    LOST = "lost record"
    UNDECODABLE = "undecodable"
    MALFORMED_LINE = "malformed line"
    MISSING = "missing record"
    WRONG_LABELS = "wrong labels"
    NOT_LISTED = "not in the list"
    UNREADABLE = "unreadable picture"
    ANOTHER_PICTURE = "another picture"

    NAN = "label nan"
    DUPLICATE_IDS = "duplicate ids"
    FAILED = "failed when packed"

    @property
    def is_note(self) -> bool:
        """Whether nothing is wrong."""
        return self in (Kind.NAN, Kind.DUPLICATE_IDS, Kind.FAILED)


@dataclass(frozen=True, slots=True)
class Example:
    """One finding in detail. None: not known, or not of this kind."""

    message: str
    offset: int | None = None  # of the record in the .rec, in bytes
    id: int | None = None  # in the record's image header, or of the list's line
    line: int | None = None  # of the list, from 1


@dataclass(slots=True)
class Finding:
    """All findings of one kind."""

    kind: Kind
    count: int = 0
    examples: list[Example] = field(default_factory=list)  # the first five

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)


class Findings:
    """Collects what checks find; memory does not grow with its number."""

    def __init__(self) -> None:
        self._by_kind: dict[Kind, Finding] = {}

    def add(
        self, kind: Kind, message: str, *, offset: int | None = None, id: int | None = None, line: int | None = None
    ) -> None:
        """One finding."""
        self.add_many(kind, 1, [Example(message, offset, id, line)])

    def add_many(self, kind: Kind, count: int, examples: Iterable[Example]) -> None:
        """``count`` findings, of which ``examples`` makes as many as are wanted."""
        if count:
            finding = self._by_kind.setdefault(kind, Finding(kind))
            finding.count += count
            finding.examples += islice(examples, _EXAMPLES - len(finding.examples))

    def count(self, kind: Kind) -> int:
        """Findings of ``kind`` so far."""
        return self._by_kind[kind].count if kind in self._by_kind else 0

    def take(self, others: Findings, where: str) -> None:
        """All of ``others``, which are of the file ``where``."""
        for finding in others._by_kind.values():
            examples = (replace(example, message=f"{where}: {example.message}") for example in finding.examples)
            self.add_many(finding.kind, finding.count, examples)

    @property
    def problems(self) -> list[Finding]:
        """What is wrong, in the order of ``Kind``."""
        return [finding for finding in self._sorted() if not finding.kind.is_note]

    @property
    def notes(self) -> list[Finding]:
        """What is worth knowing, in the order of ``Kind``."""
        return [finding for finding in self._sorted() if finding.kind.is_note]

    def _sorted(self) -> list[Finding]:
        return [self._by_kind[kind] for kind in Kind if kind in self._by_kind]
