"""What a run did, in numbers: while it goes on, and at its end."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Self

from gpu_im2rec.packing.faces import FaceReport
from gpu_im2rec.packing.stages import Stages
from gpu_im2rec.storage import Place, place

_PATHS = ("rec", "idx", "checksums", "failures", "report")


class Sent(NamedTuple):
    """How much of a staged output is in its storage, and since when."""

    bytes: int
    total: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Progress:
    """A moment of a run."""

    lines: int  # list lines done: packed, failed or malformed
    total: int  # list lines in all, roughly: blank ones count too
    packed: int
    failed: int
    bytes_in: int
    bytes_out: int
    seconds: float
    stages: Stages | None = None  # None before the first file is asked for
    shards: tuple[int, int, int] | None = None  # of a set: whole, at work, in all
    sent: Sent | None = None  # of a staged output, once it is whole


@dataclass(frozen=True, slots=True)
class PackReport:
    """A finished run. ``packed + failed`` is every line of the list that was not blank."""

    rec: Place
    idx: Place
    checksums: Place | None  # where they were asked for
    failures: Place | None  # JSON lines: index, path, line, reason, message; None where nothing failed
    report: Place  # all this and more, for machines: see run_report.py
    packed: int
    failed: int
    reasons: dict[str, int]  # failures by reason
    duplicates: int  # records whose index an earlier record has too
    duplicate_examples: tuple[int, ...]
    duplicates_unchecked: int  # records whose index was too far out to be checked in bounded memory
    label_width: int  # the widest line's label columns
    narrowest_labels: int  # the narrowest line's
    labels_dropped: int  # records of whose label columns only the first was stored
    bytes_in: int
    bytes_out: int
    seconds: float
    engine: str
    workers: int
    rescued: dict[str, int]  # pictures that the CPU engine did in the GPU's place, by why; none failed
    truncated: int  # pictures accepted though cut: of their files only a part decodes
    note: str  # why this engine
    part: str  # "3/8" where only that part of the list was packed
    faces: FaceReport | None  # in insightface's layout
    resumed_at: int  # list lines that an earlier, interrupted run had done; all other figures are of both runs
    appended_to: int  # records that the output had before; all other figures but ``bytes_out`` are of the new ones
    bottleneck: str  # which stage bounded the run, and what to change; empty where the run was too short to tell
    was_there: bool = False  # an earlier run had packed this part already, and this is its report
    shards: int = 0  # where ``rec`` is the manifest of so many, and ``idx`` the one index over all, for DALI
    machines: int = 0  # of a cluster that packed them; 0: this one did
    retried: int = 0  # shards of which an attempt failed, in this run

    @property
    def images_per_second(self) -> float:
        """Pictures packed per second of the whole run."""
        return self.packed / self.seconds if self.seconds else 0.0

    @property
    def exit_code(self) -> int:
        """0 for a run in which nothing failed, 3 for one that packed less than the list names."""
        return 3 if self.failed else 0

    def while_sent(self, sent: Sent) -> Progress:
        """A moment behind the run's end."""
        done = self.packed + self.failed
        seconds = self.seconds + sent.seconds
        return Progress(done, done, self.packed, self.failed, self.bytes_in, self.bytes_out, seconds, sent=sent)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        paths = {name: path and str(path) for name in _PATHS for path in [getattr(self, name)]}
        faces = self.faces and self.faces.to_dict()
        return asdict(self) | paths | {"faces": faces} | {"images_per_second": round(self.images_per_second, 1)}

    @classmethod
    def from_dict(cls, said: dict[str, Any]) -> Self:
        """From what ``to_dict`` gave. Raises LookupError or TypeError for anything else."""
        paths = {name: said[name] and place(said[name]) for name in _PATHS}
        kept = {name: value for name, value in said.items() if name != "images_per_second"}
        faces = said["faces"] and FaceReport.from_dict(said["faces"])
        return cls(**(kept | paths | {"faces": faces, "duplicate_examples": tuple(said["duplicate_examples"])}))
