"""Which slice of a list goes into which file: im2rec.py's arithmetic of chunks and ratios, without its losses."""

from collections.abc import Iterator
from dataclasses import dataclass

from gpu_im2rec.errors import UsageError
from gpu_im2rec.units import counted

_TOLERANCE = 1e-9  # of a sum of ratios: 0.7 + 0.2 + 0.1 is not 1.0 in floats


@dataclass(frozen=True, slots=True)
class Slice:
    """One file's share of a list: positions ``start`` … ``stop`` - 1."""

    suffix: str  # between the prefix and .lst, such as "_0_train"
    start: int
    stop: int


def check_options(chunks: int, train_ratio: float, test_ratio: float) -> None:
    """Raises UsageError unless there is a chunk and the ratios lie in 0 … 1, alone and added up."""
    if chunks < 1:
        raise UsageError(f"--chunks must be at least 1, not {chunks}")
    for option, ratio in (("--train-ratio", train_ratio), ("--test-ratio", test_ratio)):
        if not 0 <= ratio <= 1:
            raise UsageError(f"{option} must be 0 … 1, not {ratio}")
    if train_ratio + test_ratio > 1 + _TOLERANCE:
        raise UsageError(
            f"--train-ratio {train_ratio} and --test-ratio {test_ratio} add up to more than 1. "
            "Lower one of them; what they leave goes into a _val list"
        )


def check_filled(chunks: int, images: int) -> None:
    """Raises UsageError unless each of ``chunks`` chunks gets some of the ``images``.

    As all but the last are of the same size, rounded up, 5 images fill 3 chunks (2 + 2 + 1) but not 4.
    """
    size = _chunk_size(images, chunks)
    if (chunks - 1) * size >= images:
        raise UsageError(
            f"--chunks {chunks} would leave lists empty: {counted(images, 'picture')}, {size} to a chunk. "
            f"Use --chunks {-(-images // size)}"
        )


def split(images: int, chunks: int, train_ratio: float, test_ratio: float) -> Iterator[Slice]:
    """The slices of a list of ``images`` lines, each position in exactly one; the ratios are of a full chunk's size.

    As in im2rec.py, a train ratio of 1 makes one list a chunk; otherwise test comes first (none for a ratio of 0), then
    train, then val. Unlike there, what rounding leaves over goes into train if the ratios add up to 1.
    """
    size = _chunk_size(images, chunks)
    for chunk in range(chunks):
        number = f"_{chunk}" if chunks > 1 else ""
        start, stop = (min(border * size, images) for border in (chunk, chunk + 1))
        if train_ratio == 1:
            yield Slice(number, start, stop)
            continue
        train = min(start + int(size * test_ratio), stop)
        val = min(train + int(size * train_ratio), stop)
        if test_ratio:
            yield Slice(f"{number}_test", start, train)
        if train_ratio + test_ratio > 1 - _TOLERANCE:
            yield Slice(f"{number}_train", train, stop)
        else:
            yield Slice(f"{number}_train", train, val)
            yield Slice(f"{number}_val", val, stop)


def _chunk_size(images: int, chunks: int) -> int:
    return -(-images // chunks)
