"""Making lists from a folder of pictures: what ``im2rec.py --list`` does, without its losses.

Order, labels, indices, shuffle, chunks, splits and file names are those of im2rec.py 1.9.1.
"""

import os
import random
from array import array
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gpu_im2rec.errors import ListError, OutputExistsError, UsageError
from gpu_im2rec.lists.listing import gather
from gpu_im2rec.lists.splitting import check_filled, check_options, split
from gpu_im2rec.lists.walking import Walk, walk

_SEED = 100  # im2rec.py's
_OTHER_CLASSES = (
    "the names of other classes are already there, of another list. Put this one into a folder of its own; "
    "--overwrite replaces the names"
)


@dataclass(frozen=True, slots=True)
class ListFile:
    """A list that was written."""

    path: Path
    entries: int  # 0 where a ratio rounds down to no picture


@dataclass(frozen=True, slots=True)
class ListReport:
    """What ``make_list`` found and wrote."""

    files: tuple[ListFile, ...]
    images: int  # in all files together
    classes: tuple[str, ...]  # by label: folders relative to the root, which is "."; empty unless recursive
    classes_file: Path | None  # holds `classes`, one a line; None where it was not asked for
    skipped: tuple[str, ...]  # relative paths: names that no list can hold, and what could not be looked at
    left_out: dict[str, int]  # files that `pack` reads and `exts` does not name, by extension, the most frequent first


def make_list(
    prefix: str | os.PathLike[str],
    root: str | os.PathLike[str],
    *,
    recursive: bool = False,
    exts: Sequence[str] = (".jpeg", ".jpg", ".png"),
    chunks: int = 1,
    train_ratio: float = 1.0,
    test_ratio: float = 0.0,
    shuffle: bool = True,
    classes_file: bool = True,
    empty_chunks: bool = False,
    overwrite: bool = True,
    walk: Walk = walk,
) -> ListReport:
    """Write ``<prefix>.lst``, or its chunks and splits, of the pictures in ``root``.

    If ``recursive``, each folder with pictures is a class, numbered in the order of the walk, and ``classes.txt``
    beside the list names them unless ``classes_file`` is False; otherwise all labels are 0. A picture's index is its
    place in the walk, unshuffled. ``empty_chunks`` writes lists without a line where im2rec.py does.
    ``overwrite`` replaces what is there; without it nothing is written where a file has other content than it would
    get. ``walk`` finds the pictures, where they are on no disk.

    Raises UsageError for ratios outside 0 … 1, alone or added up, and for more chunks than the pictures fill; ListError
    if there is no picture, ``root`` cannot be read or a list cannot be written; OutputExistsError.
    """
    target = _checked_prefix(Path(prefix))
    check_options(chunks, train_ratio, test_ratio)
    listing = gather(root, exts, walk, recursive=recursive)
    if not empty_chunks:
        check_filled(chunks, len(listing))

    order = array("Q", range(len(listing)))
    if shuffle:
        random.Random(_SEED).shuffle(order)
    slices = {
        target.with_name(f"{target.name}{part.suffix}.lst"): order[part.start : part.stop]
        for part in split(len(listing), chunks, train_ratio, test_ratio)
    }
    names = target.with_name("classes.txt") if recursive and classes_file else None
    if not overwrite:
        for path, indices in slices.items():
            _check_same(path, map(listing.line, indices), "another list is already there; --overwrite replaces it")
        if names:
            _check_same(names, listing.class_lines(), _OTHER_CLASSES)

    for path, indices in slices.items():
        _write(path, map(listing.line, indices))
    if names:
        _write(names, listing.class_lines())
    return ListReport(
        files=tuple(ListFile(path, len(indices)) for path, indices in slices.items()),
        images=len(listing),
        classes=tuple(listing.classes) if recursive else (),
        classes_file=names,
        skipped=tuple(listing.skipped),
        left_out=listing.left_out,
    )


def _checked_prefix(prefix: Path) -> Path:
    if prefix.name in ("", ".."):
        raise UsageError(f"the prefix {prefix} has no name for the list. End it in one, such as {prefix / 'train'}")
    if not prefix.parent.is_dir():
        raise ListError(f"{prefix.parent}: the folder for the list does not exist. Make it first")
    return prefix


def _check_same(path: Path, lines: Iterable[bytes], refusal: str) -> None:
    """Raises OutputExistsError where ``path`` is a file that holds anything but ``lines``."""
    try:
        with path.open("rb") as file:
            same = all(file.read(len(line)) == line for line in lines) and not file.read(1)
    except FileNotFoundError:
        return
    except OSError as error:
        raise ListError(f"{path}: cannot be read: {error.strerror}. Check the folder") from error
    if not same:
        raise OutputExistsError(f"{path}: {refusal}")


def _write(path: Path, lines: Iterable[bytes]) -> None:
    """The file bears its name once it is whole."""
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise ListError(f"{path}: the list cannot be written: {error.strerror}. Check the folder") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
