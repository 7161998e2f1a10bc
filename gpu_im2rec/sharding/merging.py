"""Record files made one, or a set that a manifest names; no picture is decoded, no record changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from gpu_im2rec.errors import RecordError, UsageError
from gpu_im2rec.lists import DuplicateIndices
from gpu_im2rec.packing.outputs import check_outputs
from gpu_im2rec.packing.unfinished import CRC, FAILURES, IDX, PAGE, REC, REPORT, path_of
from gpu_im2rec.recordio import beside
from gpu_im2rec.recordio.manifest import Manifest, read_manifest
from gpu_im2rec.recordio.naming import MANIFEST, is_manifest
from gpu_im2rec.recordio.part_file import PartFile
from gpu_im2rec.recordio.publishing import publish_all
from gpu_im2rec.sharding import joining
from gpu_im2rec.sharding.assembling import manifest_from
from gpu_im2rec.sharding.describing import described, refreshed, reports_of
from gpu_im2rec.sharding.merged_report import report_of_parts
from gpu_im2rec.sharding.names import check_name, dali_index_of
from gpu_im2rec.sharding.source import Source, look_at
from gpu_im2rec.sharding.sources import PathLike, Sources, find_sources


@dataclass(frozen=True, slots=True)
class MergeReport:
    """What was joined."""

    out: Path
    idx: Path  # of the one file; of all shards for DALI where ``out`` is a manifest
    checksums: Path | None
    failures: Path | None  # of the parts that the sources are
    sources: int
    records: int
    bytes: int  # of all record files
    duplicates: int  # keys that an earlier record has, too: readers find only one
    duplicate_examples: tuple[int, ...]
    duplicates_unchecked: int  # keys too far out to be checked in bounded memory

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: str(value) if isinstance(value, Path) else value for name, value in values.items()}


def merge(
    sources: Sequence[PathLike], out: PathLike, *, overwrite: bool = False,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> MergeReport:  # fmt: skip
    """Join ``sources``: to one record file and its index, or where ``out`` ends in .manifest.json to a set.

    A source is a .rec with its .idx, a pattern or a manifest. Parts of a list come in the order of their numbers, all
    others in the order given. The checksums are joined where all sources have them, and of the parts of one list their
    failures. A set leaves the sources where they are, in the folder of ``out``. ``progress`` is told the bytes that are
    done, and all. Memory: some megabytes.

    Raises RecordError where a part is missing, an index does not belong to its file, or a file is in insightface's
    layout; UsageError, OutputExistsError, OSError. Then ``out`` is what it was.
    """
    out = Path(out)
    if not is_manifest(out) and out.suffix != ".rec":
        raise UsageError(f"{out}: the output is one file, OUT.rec, or names them all, OUT{MANIFEST}")
    found = find_sources(sources)
    looked_at = [look_at(rec) for rec in found.recs]
    failures = _failures(sources, found)
    if is_manifest(out):
        known = read_manifest(Path(sources[0])) if _is_set(sources) else None
        return _to_manifest(looked_at, found, known, out, failures, overwrite, progress)
    return _to_one(looked_at, out, failures, overwrite, progress)


def _to_one(
    sources: list[Source], out: Path, failures: list[Path], overwrite: bool, progress: Callable[[int, int], object]
) -> MergeReport:
    has_checksums = all(source.crc for source in sources)
    own = path_of(out, FAILURES)
    kinds = [IDX, *([CRC] if has_checksums else []), *([FAILURES] if failures and failures != [own] else [])]
    paths = [out, *(path_of(out, kind) for kind in kinds)]
    inputs = [path for source in sources for path in (source.rec, source.idx, source.crc) if path]
    check_outputs(paths, [*inputs, *failures], overwrite=overwrite)
    shared = () if beside(out, MANIFEST).exists() else (FAILURES, REPORT, PAGE)  # with the set of the same name
    left = [path_of(out, kind) for kind in (CRC, *shared)] if out.exists() else []
    with ExitStack() as undo:
        files = {path: _begun(path, overwrite, undo) for path in paths}
        keys = joining.write_index(sources, files[path_of(out, IDX)])
        if has_checksums:
            joining.write_checksums(sources, files[path_of(out, CRC)])
        if own in files:
            joining.copy_all(failures, files[own])
        joining.copy_records(sources, files[out], progress)
        publish_all([*files.values()], gone=[path for path in left if path not in files and path not in failures])
    crc = path_of(out, CRC) if has_checksums else None
    return _report(out, sources, keys, paths[1], crc, own if failures else None)


def _to_manifest(
    sources: list[Source], found: Sources, known: Manifest | None, out: Path, failures: list[Path], overwrite: bool,
    progress: Callable[[int, int], object],
) -> MergeReport:  # fmt: skip
    """``known``: the manifest of the set that the sources are already."""
    for source in sources:
        check_name(source.rec)
        if source.rec.resolve().parent != out.resolve().parent:
            raise UsageError(
                f"{source.rec}: shards lie beside their manifest: move it to {out.parent}, or give OUT there"
            )
    base = beside(out, REC)
    check_name(base)
    dali_index = out.with_name(dali_index_of(base))
    reports = reports_of(found.parts) if found.parts else None
    own = path_of(base, FAILURES)
    told = [own] if failures and failures != [own] else []
    inputs = [path for source in sources for path in (source.rec, source.idx, source.crc) if path]
    check_outputs([dali_index, *told, out], [*inputs, *failures], overwrite=overwrite)
    if known:
        manifest = refreshed(known, sources, base)
    else:
        manifest = manifest_from(reports, base) if reports else described(sources, found.parts, base, progress)
    if not manifest.shards:
        raise RecordError(f"{sources[0].rec}: no records to make a set of")
    is_other = out.exists() and not (known or base.exists())
    left = [path_of(base, kind) for kind in (FAILURES, REPORT, PAGE)] if is_other else []
    with ExitStack() as undo:
        files = [_begun(path, overwrite, undo) for path in (dali_index, *told)]
        keys = joining.write_index([source for source in sources if source.records], files[0])
        if told:
            joining.copy_all(failures, files[1])
        if reports and (content := report_of_parts(base, manifest, reports, keys)):
            files.append(_begun(path_of(base, REPORT), True, undo))  # another's gives way, as to `pack`
            files[-1].write([content])
        files.append(_begun(out, overwrite, undo))
        files[-1].write([manifest.to_json()])
        written = [file.path for file in files]
        publish_all(files, gone=[path for path in left if path not in written and path not in failures])
    return _report(out, sources, keys, dali_index, None, own if failures else None)


def _failures(given: Sequence[PathLike], found: Sources) -> list[Path]:
    """The files that name what could not be packed of the one list whose parts the sources are."""
    bases = [Path(given[0])] if _is_set(given) else found.parts or []
    return [path for path in (beside(base, FAILURES) for base in bases) if path.is_file()]


def _is_set(given: Sequence[PathLike]) -> bool:
    return len(given) == 1 and is_manifest(given[0])


def _begun(path: Path, overwrite: bool, undo: ExitStack) -> PartFile:
    file = PartFile(path, overwrite=overwrite)
    undo.callback(file.discard)
    return file


def _report(
    out: Path, sources: Sequence[Source], keys: DuplicateIndices, idx: Path, crc: Path | None, failures: Path | None
) -> MergeReport:
    return MergeReport(
        out=out,
        idx=idx,
        checksums=crc,
        failures=failures,
        sources=len(sources),
        records=sum(source.records for source in sources),
        bytes=sum(source.bytes for source in sources),
        duplicates=keys.count,
        duplicate_examples=tuple(keys.examples),
        duplicates_unchecked=keys.unchecked,
    )
