"""Record files that are there, described for a manifest: by reading them, or by the reports of their runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from gpu_im2rec.packing.finished import read_report
from gpu_im2rec.recordio.digest import digest_of
from gpu_im2rec.recordio.manifest import Manifest, Shard, ShardFile
from gpu_im2rec.sharding.assembling import Report, part_of
from gpu_im2rec.sharding.names import dali_index_of
from gpu_im2rec.sharding.source import Source


def described(
    sources: Sequence[Source], parts: Sequence[Path] | None, base: Path, progress: Callable[[int, int], object]
) -> Manifest:
    """The manifest of the set ``base``; ``parts``, if the sources are those of one list.

    ``progress`` is told the bytes that are read, and all.
    """
    shards, done, total = [], 0, sum(source.bytes for source in sources)
    for number, source in enumerate(sources):
        part = parts.index(source.rec) if parts else number
        if source.records:
            files = (_file(source.rec), _file(source.idx), _file(source.crc) if source.crc else None)
            shards.append(Shard(part, source.records, 0, None, None, *files))
        done += source.bytes
        progress(done, total)
    return Manifest(len(parts or sources), tuple(shards), dali_index_of(base))


def refreshed(manifest: Manifest, sources: Sequence[Source], base: Path) -> Manifest:
    """``manifest``, as that of the set ``base``, for its files as they are now, of which ``sources`` are the records.

    A file of the size that it says keeps its hash, so that damage still shows in ``verify``.
    """
    by_name = {source.rec.name: source for source in sources}
    shards = []
    for shard in manifest.shards:
        source = by_name[shard.rec.name]
        idx, crc = _as_said(source.idx, shard.idx), _as_said(source.crc, shard.crc) if source.crc else None
        shards.append(replace(shard, records=source.records, idx=idx, crc=crc))
    return replace(manifest, shards=tuple(shards), dali_index=dali_index_of(base))


def reports_of(parts: Sequence[Path]) -> list[Report] | None:
    """What the runs said that packed ``parts``, which are all of one list; None unless all did, of these very files.

    They have the hashes of what was packed, so damage since then shows in ``verify``.
    """
    reports = []
    for number, rec in enumerate(parts):
        try:
            report = read_report(rec)
            part, files = part_of(report), [file for file in report["files"].values() if file]
            is_this = (part.number, part.count) == (number, len(parts)) and report["files"]["rec"]["name"] == rec.name
            if not is_this or not all(_is_as(rec.with_name(file["name"]), file["bytes"]) for file in files):
                return None
            report["result"]["packed"], report["list_lines"][1]
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return None
        reports.append(report)
    return reports


def _is_as(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def _as_said(path: Path, said: ShardFile | None) -> ShardFile:
    return said if said and said.name == path.name and _is_as(path, said.bytes) else _file(path)


def _file(path: Path) -> ShardFile:
    return ShardFile(path.name, path.stat().st_size, digest_of(path))
