"""What the files of a set are called."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import TypeVar

from gpu_im2rec.errors import UsageError
from gpu_im2rec.packing import PackOptions, Part
from gpu_im2rec.packing.unfinished import CRC, IDX, REC, path_of
from gpu_im2rec.recordio.json_object import is_name
from gpu_im2rec.recordio.manifest import manifest_of
from gpu_im2rec.recordio.naming import DALI_INDEX, MANIFEST, beside, is_manifest

P = TypeVar("P", bound=PurePath)


def check_name(path: PurePath) -> None:
    """Raises UsageError where no manifest can name the record file at ``path``, or the shards called after it."""
    if is_manifest(path):
        raise UsageError(f"{path}: shards are called after a record file: OUT.rec gives OUT{MANIFEST}")
    if not is_name(path.name):
        raise UsageError(f"{path}: shards cannot be called so: leave out control characters and backslashes")


def dali_index_of(out: PurePath) -> str:
    """The name of the one index over all shards of ``out``: out.dali.idx for out.rec."""
    return beside(out, DALI_INDEX).name


def outputs_of(out: P, parts: Sequence[Part], options: PackOptions) -> list[P]:
    """What a set writes that must not be there yet."""
    kinds = [REC, IDX, *([CRC] if options.checksums else [])]
    shards = [path_of(part.output(out), kind) for part in parts for kind in kinds]
    return [out.with_name(manifest_of(out)), out.with_name(dali_index_of(out)), *shards]
