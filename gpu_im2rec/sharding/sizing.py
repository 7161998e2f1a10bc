"""Into how many shards a list is cut: a number, or as many as come to a size each."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gpu_im2rec.errors import UsageError
from gpu_im2rec.lists import count_lines
from gpu_im2rec.packing import PackOptions, dry_run
from gpu_im2rec.packing.lines import PathLike

MOST = 99_999  # that five digits name
_SMALLEST = 1 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Cut:
    """``count`` shards, or shards of about ``size`` bytes. Raises UsageError on construction for both, or neither."""

    count: int | None = None
    size: int | None = None

    def __post_init__(self) -> None:
        if (self.count is None) == (self.size is None):
            raise UsageError("give either --shards or --shard-size")
        if self.count is not None and not 1 <= self.count <= MOST:
            raise UsageError(f"--shards must be 1 … {MOST:,}, not {self.count}")
        if self.size is not None and self.size < _SMALLEST:
            raise UsageError(f"--shard-size must be at least 1 MiB, not {self.size} bytes")

    def sized(self, list_path: PathLike, root: PathLike, out: PathLike, options: PackOptions) -> int:
        """How many it takes, by a sample of 200 pictures that the CPU transcodes: the same number every time.

        Raises ListError, and UsageError where there would be too many.
        """
        estimate = dry_run(list_path, root, out, replace(options, device="cpu", devices=()))
        return self.of_size(estimate.bytes_out, count_lines(list_path))

    def of_size(self, records: int, lines: int) -> int:
        """How many it takes for so many bytes of records, of a list of so many lines. Raises UsageError likewise."""
        if self.size is None:
            raise ValueError("the number is given")
        count = min(max(1, -(-records // self.size)), lines)
        if count > MOST:
            raise UsageError(f"--shard-size {self.size} makes some {count:,} shards; the most are {MOST:,}")
        return count
