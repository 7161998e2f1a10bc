"""What a set of shards is, by its manifest, and whether its files are there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpu_im2rec.recordio.manifest import Manifest, read_manifest


@dataclass(frozen=True, slots=True)
class SetSummary:
    """A set of shards. Sizes in bytes."""

    path: Path
    manifest: Manifest
    missing: tuple[str, ...]  # files that are not there
    changed: tuple[str, ...]  # files that have another size

    @property
    def is_complete(self) -> bool:
        """Whether every file is there, with its size; `verify` looks into them."""
        return not (self.missing or self.changed)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        manifest = self.manifest
        return {
            "manifest": str(self.path),
            "shards": [
                {"rec": shard.rec.name, "part": shard.part, "records": shard.records, "failed": shard.failed}
                | {"bytes": shard.rec.bytes, "first_line": shard.first_line, "lines": shard.lines}
                for shard in manifest.shards
            ],
            "parts": manifest.parts,
            "records": manifest.records,
            "failed": manifest.failed,
            "bytes": manifest.rec_bytes,
            "dali_index": manifest.dali_index,
            "options": manifest.options,
            "versions": manifest.versions,
            "complete": self.is_complete,
            "missing": list(self.missing),
            "changed": list(self.changed),
        }


def summarize_set(path: Path) -> SetSummary:
    """The set that the manifest at ``path`` names; no shard is read. Raises RecordError, OSError."""
    manifest = read_manifest(path)
    missing, changed = [], []
    sizes = {file.name: file.bytes for shard in manifest.shards for file in shard.files}
    for name in [*sizes, manifest.dali_index]:
        file = path.with_name(name)
        if not file.is_file():
            missing.append(name)
        elif file.stat().st_size != sizes.get(name, file.stat().st_size):
            changed.append(name)
    return SetSummary(path, manifest, tuple(missing), tuple(changed))
