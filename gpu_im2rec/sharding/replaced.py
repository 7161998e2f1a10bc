"""What an older set of the same name leaves behind."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from gpu_im2rec.errors import RecordError
from gpu_im2rec.packing import Part
from gpu_im2rec.packing.unfinished import CRC, IDX, PAGE, REC, path_of
from gpu_im2rec.recordio.manifest import Manifest, manifest_of, read_manifest
from gpu_im2rec.recordio.publishing import aside_of
from gpu_im2rec.sharding.names import P


def old_shards(out: Path) -> list[Path]:
    """The files of the set that is there, as its manifest says; none where there is no manifest, or none of ours.

    And of the one that was there before, where a run was killed as it replaced it.
    """
    files = []
    manifest = out.with_name(manifest_of(out))
    for path in (manifest, aside_of(manifest)):
        with suppress(OSError, RecordError):
            files += own_files(out, read_manifest(path))
    return files


def own_files(out: P, manifest: Manifest) -> list[P]:
    """The files of the set ``out`` that are called after it; others are those that `merge` was given."""
    files = []
    for shard in manifest.shards:
        rec = Part(shard.part, manifest.parts).output(out)
        own = {path_of(rec, kind).name for kind in (REC, IDX, CRC)}
        files += [out.with_name(file.name) for file in shard.files if file.name in own]
    return files


def replaced(out: P, old: Sequence[P], new: Manifest) -> list[P]:
    """What goes as ``new`` comes: those of ``old`` that it has not, and the page about them."""
    kept = {file.name for shard in new.shards for file in shard.files}
    return [path for path in dict.fromkeys([*old, path_of(out, PAGE)]) if path.name not in kept]
