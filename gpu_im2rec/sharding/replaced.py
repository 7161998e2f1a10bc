"""What an older set of the same name leaves behind."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from gpu_im2rec.errors import RecordError
from gpu_im2rec.packing.unfinished import PAGE, path_of
from gpu_im2rec.recordio.manifest import Manifest, manifest_of, read_manifest
from gpu_im2rec.sharding.names import P, files_of


def old_shards(out: Path) -> list[Path]:
    """The files of the set that is there, as its manifest says; none where there is no manifest, or none of ours."""
    with suppress(OSError, RecordError):
        shards = read_manifest(out.with_name(manifest_of(out))).shards
        return [out.with_name(file.name) for shard in shards for file in files_of(shard)]
    return []


def replaced(out: P, old: Sequence[P], new: Manifest) -> list[P]:
    """What goes as ``new`` comes: those of ``old`` that it has not, and the page about them."""
    kept = {file.name for shard in new.shards for file in files_of(shard)}
    return [path for path in dict.fromkeys([*old, path_of(out, PAGE)]) if path.name not in kept]
