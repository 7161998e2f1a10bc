"""What a set is while it is packed, on this machine or elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any, Protocol, Self

from gpu_im2rec.errors import UsageError
from gpu_im2rec.lists import parts_by_lines
from gpu_im2rec.packing import Part
from gpu_im2rec.packing.lines import PathLike
from gpu_im2rec.storage import Place, is_url, name_of

_BLOCK_BYTES = 1 << 20


class Begun(Protocol):
    """A file that tells of a set, written and without its name yet."""

    def write(self, pieces: Sequence[bytes]) -> None:
        """Write ``pieces`` back to back. Raises OSError."""
        ...

    def discard(self) -> None:
        """Leave nothing of it, unless it has its name."""
        ...


class UnfinishedSet(Protocol):
    """A context manager. Where it ends early, what is worth going on with is kept, and else all is removed."""

    parts: list[Part]

    @property
    def out(self) -> Place:
        """What shards are packed to."""
        ...

    @property
    def going(self) -> Sequence[Place]:
        """Files of the set that is replaced."""
        ...

    @property
    def seconds(self) -> float:
        """What earlier runs took that this one goes on with."""
        ...

    def remember(self, seconds: float) -> None:
        """One more shard is whole, after so many."""
        ...

    def begin(self, name: str) -> Begun:
        """A file called ``name`` beside the shards. Raises OSError."""
        ...

    def index(self, name: str) -> AbstractContextManager[PathLike]:
        """The shard's index called so, on this machine as long as the ``with`` lasts. Raises OSError."""
        ...

    def failures(self, part: Part) -> Iterator[bytes]:
        """What the shard's ``.failures.jsonl`` holds, some at a time; nothing where none is there. Raises OSError."""
        ...

    def publish(self, shards: Sequence[str], told: Sequence[Any], gone: Sequence[Any]) -> None:
        """Give the shards' files, called so, and ``told`` their names, in this order; ``gone`` go. Raises OSError.

        ``told`` are of the kind that ``begin`` gives, and ``gone`` of the kind of ``going``.
        """
        ...

    def discard(self) -> None:
        """Nothing of it is worth anything."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: object) -> None: ...


def parts_of(list_path: PathLike, count: int) -> list[Part]:
    """The list, cut. Raises ListError, and UsageError where there would be an empty part."""
    spans = parts_by_lines(list_path, count)
    if not all(span.lines for span in spans):
        raise UsageError(f"{list_path!s} has fewer lines than {count} shards; use fewer")
    return [Part(number, count, cut=span) for number, span in enumerate(spans)]


def absolute(text: PathLike) -> str:
    """A path that does not depend on the folder one is in, or the URL as it is."""
    name = name_of(text)
    return name if is_url(name) else os.path.abspath(name)  # noqa: PTH100


def blocks_of(path: Path) -> Iterator[bytes]:
    """What the file holds, in bounded memory."""
    with path.open("rb") as file:
        yield from iter(partial(file.read, _BLOCK_BYTES), b"")
