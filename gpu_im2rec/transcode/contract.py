"""What flows through an engine, and what an engine is.

Pixels inside every engine are HWC, uint8, RGB (or one channel), C-contiguous.
"""

from collections.abc import Generator, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from gpu_im2rec.transcode.meter import Meter
from gpu_im2rec.units import counted


class Reason(StrEnum):
    """Why a picture could not be packed."""

    MISSING = "missing"
    UNREADABLE = "unreadable"
    OUTSIDE_ROOT = "outside root"
    EMPTY = "empty"
    NOT_AN_IMAGE = "not an image"
    TRUNCATED = "truncated"
    CORRUPT = "corrupt"
    TOO_LARGE = "too large"
    UNSUPPORTED = "unsupported"
    CRASHED = "crashed"  # the decoder, in a process of its own
    TIMED_OUT = "timed out"
    MALFORMED_LINE = "malformed line"
    DEFECT = "defect"  # ours: an error that nothing foresaw


def in_words(reasons: Mapping[Reason, int] | Mapping[str, int]) -> str:
    """How often each of ``reasons`` was the one: "3 missing, 2 malformed lines"."""
    nouns = (Reason.MALFORMED_LINE, Reason.DEFECT)
    return ", ".join(
        counted(count, reason) if reason in nouns else f"{count:,} {reason}" for reason, count in reasons.items()
    )


@dataclass(frozen=True, slots=True)
class Failure:
    """One picture that costs only itself."""

    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Source:
    """One picture's file, in hand before an engine sees it."""

    key: int  # the entry's index; seeds what is random per picture
    data: bytes  # the whole file, undecoded; empty where it could not be read
    failure: Failure | None = None  # set where it could not be read: engines hand it on untouched


@dataclass(frozen=True, slots=True)
class Encoded:
    """One picture as it goes into its record."""

    data: bytes  # a whole image file: JPEG or PNG, or the source's own bytes in pass-through
    rescue: str = ""  # why the CPU engine made it, where another engine was asked
    truncated: bool = False  # the source was cut: a part of the picture is missing, and that was accepted


class Engine(Protocol):
    """A function from batches to batches: in order, of the same lengths.

    It never raises for a bad picture: that one comes out as a ``Failure``. Prefetching, threads and devices are its own
    affair; it pulls no more batches than it needs to keep busy.
    """

    name: str
    seam: int  # pictures: an engine that begins anew behind a multiple of it gives the rest the same bytes
    meter: Meter  # of its workers, or of the device; counts every source

    def transcode(self, batches: Iterable[list[Source]]) -> Generator[list[Encoded | Failure], None, None]:
        """Transcode ``batches`` lazily; closing the iterator stops the work."""
        ...

    def stages(self, sources: list[Source]) -> dict[str, float]:
        """Pictures a second of each stage alone, on these good pictures; empty where there are no stages."""
        ...


class Rescue(Engine, Protocol):
    """An engine that another one calls again and again, for a few pictures each time."""

    def kept(self) -> AbstractContextManager[None]:
        """Within it, what ``transcode`` works with outlives the call and serves the next; at its end all work stops."""
        ...
