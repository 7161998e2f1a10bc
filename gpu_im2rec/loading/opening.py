"""From what a user gives to the records that are meant, and their order."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

import numpy as np

from gpu_im2rec.errors import RecordError
from gpu_im2rec.loading.order import Order, check_part
from gpu_im2rec.loading.places import Offsets, faces_of, indexed, indices_of, walked
from gpu_im2rec.loading.shards import AnyPath, Paths, ShardFiles, Shards, find_shards, listed
from gpu_im2rec.recordio import Index


def open_records(rec: Paths) -> tuple[Shards, Offsets]:
    """The files of ``rec``, and where the records of their indices lie, in the indices' order.

    Without indices, all records, in the order of the files. Raises RecordError and UsageError.
    """
    shards = Shards(find_shards(rec))
    with closing(ShardFiles(shards)) as files:
        indices = indices_of(shards, None)
        if indices is None:
            return shards, _share_of_bytes(shards, 0, 1)
        return shards, _faces(files, indices).offsets.astype(np.int64)


def open_part(
    rec: Paths, idx: Paths | None, seed: int | None, part: int, parts: int
) -> tuple[ShardFiles, Offsets, Order]:
    """The files of ``rec``, where records begin in them, and the order of part ``part`` of ``parts``.

    Where there are indices, a part is a share of the records; else it is the records that begin in a share of the
    bytes, and no other is looked for. Either way the parts together hold each record once. Raises RecordError and
    UsageError.
    """
    check_part(part, parts)
    shards = Shards(find_shards(rec))
    indices = indices_of(shards, None if idx is None else listed(idx))
    files = ShardFiles(shards)
    if indices is None:
        offsets = _share_of_bytes(shards, part, parts)
        return files, offsets, Order(len(offsets), seed)
    offsets = np.sort(_faces(files, indices).offsets).astype(np.int64)
    offsets = offsets[np.diff(offsets, prepend=-1) > 0]  # a record that is listed twice is one record
    return files, offsets, Order(len(offsets), seed, part, parts)


def _faces(files: ShardFiles, indices: Sequence[AnyPath]) -> Index:
    return faces_of(indexed(files.shards, indices), files.record_at)


def _share_of_bytes(shards: Shards, part: int, parts: int) -> Offsets:
    if not shards.size:
        raise RecordError(f"{shards.paths[0]}: no records")
    start, stop = shards.size * part // parts, shards.size * (part + 1) // parts
    offsets = walked(shards, start, stop)
    if not len(offsets):
        raise RecordError(
            f"{shards.paths[0]}: no record begins in bytes {start:,} … {stop:,}, part {part} of {parts}; "
            "take fewer parts, or make an index with `gpu-im2rec index`"
        )
    return offsets
