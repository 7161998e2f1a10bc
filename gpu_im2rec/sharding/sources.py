"""The record files that are to be joined, in order, and none forgotten."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gpu_im2rec.errors import RecordError, UsageError
from gpu_im2rec.loading.shards import find_shards
from gpu_im2rec.packing.finished import read_report
from gpu_im2rec.recordio.manifest import read_manifest
from gpu_im2rec.recordio.naming import is_manifest

PathLike = str | os.PathLike[str]

_OF_A_SET = re.compile(
    r"(?P<stem>.+)-(?P<number>\d{5,9})-of-(?P<count>\d{5,9})(?P<suffix>\.rec)?", re.ASCII | re.DOTALL
)
_OF_IM2REC = re.compile(r"(?P<stem>.+)\.part(?P<number>\d{3,9})", re.ASCII | re.DOTALL)
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Sources:
    """``recs``, in order; ``parts``, if they are those of one list: all of it, with those that have no file."""

    recs: list[Path]
    parts: list[Path] | None


@dataclass(frozen=True, slots=True)
class _Set:
    """Files whose names differ in their numbers alone."""

    stem: str
    count: int | None  # how many there are; im2rec's names do not say
    suffix: str

    def name(self, number: int) -> str:
        if self.count is None:
            return f"{self.stem}.part{number:03}"
        return f"{self.stem}-{number:05}-of-{self.count:05}{self.suffix}"


def find_sources(given: Sequence[PathLike]) -> Sources:
    """The files that are meant: each is a .rec, a pattern or a manifest.

    Those whose names have numbers, out-00003-of-00008.rec or out.rec.part003, are put in the order of the numbers, in
    the place of the first; all others stay. Raises RecordError for one that is missing, UsageError for one given twice.
    A part is not missing of which nothing could be packed, by its report or its manifest.
    """
    groups: dict[_Set | Path, dict[int, Path]] = {}
    seen: set[str] = set()
    empty = {name for one in given if is_manifest(one) for name in _empty_parts(Path(one))}
    for path in (path for one in given for path in find_shards(one)):
        if os.path.realpath(path) in seen:
            raise UsageError(f"{path} is given twice")
        seen.add(os.path.realpath(path))
        key, number = _place(path.name) or (path, 0)
        group = groups.setdefault(key, {})
        if number in group:
            raise UsageError(f"{group[number]} and {path} are the same part; give one of them")
        group[number] = path
    if not groups:
        raise UsageError("no record file to merge")
    _check_cut_once(groups)
    all_parts = [part for key, group in groups.items() for part in _in_order(key, group, empty)]
    of_one_list = len(groups) == 1 and isinstance(next(iter(groups)), _Set)
    return Sources([path for path in all_parts if os.path.realpath(path) in seen], all_parts if of_one_list else None)


def _check_cut_once(groups: Mapping[_Set | Path, Mapping[int, Path]]) -> None:
    """Raises UsageError where some are parts of the same output, cut otherwise: every picture would be there twice."""
    outputs: dict[Path, Path] = {}
    for key, group in groups.items():
        if isinstance(key, _Set):
            first = next(iter(group.values()))
            other = outputs.setdefault(first.with_name(key.stem), first)
            if other != first:
                raise UsageError(f"{other} and {first} are of two runs that cut one list otherwise; give those of one")


def _place(name: str) -> tuple[_Set, int] | None:
    if match := _OF_A_SET.fullmatch(name):
        count = int(match["count"])
        return (_Set(match["stem"], count, match["suffix"] or ""), int(match["number"])) if count else None
    if match := _OF_IM2REC.fullmatch(name):
        return _Set(match["stem"], None, ""), int(match["number"])
    return None


def _in_order(key: _Set | Path, group: dict[int, Path], empty: set[str]) -> Iterator[Path]:
    """The files of ``group`` in the order of their numbers, with those that are rightly not there."""
    if isinstance(key, Path):
        yield from group.values()
        return
    first = next(iter(group.values()))
    count = max(group) + 1 if key.count is None else key.count
    if len(group) > count or max(group) >= count:
        raise UsageError(f"{group[max(group)]}: there is no part {max(group)} of {count}")
    missing = []
    for number in range(count):
        path = group.get(number, first.with_name(key.name(number)))
        if number not in group and key.name(number) not in empty and not _packed_nothing(path):
            missing.append(key.name(number))
            if len(missing) > _MOST_NAMED:
                break
        yield path
    if missing:
        names = ", ".join(missing[:_MOST_NAMED]) + (" and more" if len(missing) > _MOST_NAMED else "")
        raise RecordError(f"{first}: the other parts are {count - 1:,}, of which {names} are missing; give all of them")


def _empty_parts(manifest_path: Path) -> Iterator[str]:
    """What the parts that have no shard would be called."""
    manifest = read_manifest(manifest_path)
    place = _place(manifest.shards[0].rec.name) if manifest.shards else None
    if place and place[0].count == manifest.parts:
        there = {shard.part for shard in manifest.shards}
        yield from (place[0].name(number) for number in range(manifest.parts) if number not in there)


def _packed_nothing(rec: Path) -> bool:
    try:
        return bool(read_report(rec)["result"]["packed"] == 0)
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return False
