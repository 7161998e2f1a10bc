"""What is drawn by lot for each picture."""

from __future__ import annotations

from gpu_im2rec.loading.order import chances, check_seed
from gpu_im2rec.loading.places import Offsets
from gpu_im2rec.transcode.loading import Sample


class Augmentation:
    """Random crops and mirrors; the same for a record in an epoch, whatever batch or part it comes in.

    A record is known by its offset, which needs no index.
    """

    def __init__(self, seed: int, *, crop: bool, mirror: bool) -> None:
        check_seed(seed)
        self._seed, self._crop, self._mirror = seed, crop, mirror

    def samples(self, epoch: int, offsets: Offsets, contents: list[bytes]) -> list[Sample]:
        """The pictures ``contents`` of the records at ``offsets``, with what was drawn for them."""
        if not (self._crop or self._mirror):
            return list(map(Sample, contents))
        draws = chances(self._seed, epoch, offsets, 3).tolist()
        return [
            Sample(content, (across, down) if self._crop else None, self._mirror and coin < 0.5)
            for content, (across, down, coin) in zip(contents, draws, strict=True)
        ]
