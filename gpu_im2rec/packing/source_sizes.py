"""How large the pictures of a list are, told by the headers of an even sample."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from gpu_im2rec.transcode import Source
from gpu_im2rec.transcode.formats import upright_size_of
from gpu_im2rec.transcode.geometry import Size

_MOST = 512  # pictures; each costs some 40 µs


class SourceSizes:
    """Looks at so many of ``pictures`` as they pass: at all, at every second, at every third …; 512 at most."""

    def __init__(self, pictures: int = 0) -> None:
        """``pictures``: as many as will come at most; where it is 0 none is looked at."""
        self.sampled = 0  # pictures that were looked at
        self.sizes: Counter[Size] = Counter()  # width and height, upright, as far as a header tells
        self._step = -(-pictures // _MOST)
        self._passed = 0  # pictures

    def add(self, sources: Sequence[Source]) -> None:
        """More pictures, in list order. What could not be read is passed over."""
        for source in sources[-self._passed % self._step :: self._step] if self._step else ():
            if source.data:
                self.sampled += 1
                if size := upright_size_of(source.data):
                    self.sizes[size] += 1
        self._passed += len(sources)

    def to_dict(self) -> dict[str, Any]:
        """As the report of a run has it: ``sampled``, and ``sizes``, each [width, height, how many]."""
        return {"sampled": self.sampled, "sizes": [[*size, count] for size, count in self.sizes.most_common(_MOST)]}

    def add_told(self, told: dict[str, Any]) -> None:
        """What ``to_dict`` of others gave. Raises LookupError, TypeError or ValueError for anything else."""
        self.sampled += told["sampled"]
        for width, height, count in told["sizes"]:
            self.sizes[width, height] += count

    def joined(self, others: Iterable[SourceSizes]) -> SourceSizes:
        """These and those of ``others``."""
        result = SourceSizes()
        for part in (self, *others):
            result.sampled += part.sampled
            result.sizes += part.sizes
        return result
