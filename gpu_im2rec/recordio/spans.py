"""Many slices in 16 bytes each, where a list takes 150: a file may hold a part in every 8 bytes."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import overload


class Spans(Sequence[slice]):
    """Slices of a file, each with a start and a stop in bytes."""

    def __init__(self, spans: Iterable[slice]) -> None:
        self._starts, self._stops = array("Q"), array("Q")
        for span in spans:
            self.append(span)

    def append(self, span: slice) -> None:
        """Add ``span`` behind the others."""
        self._starts.append(span.start)
        self._stops.append(span.stop)

    def __len__(self) -> int:
        return len(self._starts)

    def __iter__(self) -> Iterator[slice]:
        return map(slice, self._starts, self._stops)

    @overload
    def __getitem__(self, position: int) -> slice: ...
    @overload
    def __getitem__(self, position: slice) -> list[slice]: ...
    def __getitem__(self, position: int | slice) -> slice | list[slice]:
        if isinstance(position, slice):
            return list(map(slice, self._starts[position], self._stops[position]))
        return slice(self._starts[position], self._stops[position])
