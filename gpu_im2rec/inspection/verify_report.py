"""What a verification looked at and found, and how far it is."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from gpu_im2rec.inspection.findings import Finding
from gpu_im2rec.inspection.pictures import Compared


class Step(NamedTuple):
    """A moment of a walk through a file."""

    done: int
    total: int
    unit: str  # of both: "bytes" or "records" of the file, "entries" of its list


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What was looked at, and what was found."""

    rec: Path
    bytes: int
    records: int
    idx: Path | None  # None: there is none, or it cannot be read
    checksums: Path | None
    list: Path | None  # None: not asked for
    entries: int  # of the list, without those that failed when they were packed
    decoded: int | None  # pictures; None: not asked for
    compared: Compared | None
    seconds: float
    problems: tuple[Finding, ...]  # each kind of what is wrong; empty for a good file
    notes: tuple[Finding, ...]  # and of what is worth knowing
    shards: int = 0  # where ``rec`` is the manifest of so many, and ``idx`` the one index over all

    @property
    def exit_code(self) -> int:
        """0 for a good file, 4 for one with problems."""
        return 4 if self.problems else 0

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        values = {name: getattr(self, name) for name in self.__slots__}
        values |= {name: value and str(value) for name, value in values.items() if isinstance(value, Path)}
        return values | {
            "ok": not self.problems,
            "compared": self.compared and asdict(self.compared),
            "problems": [finding.to_dict() for finding in self.problems],
            "notes": [finding.to_dict() for finding in self.notes],
        }
