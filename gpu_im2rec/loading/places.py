"""Where the records of one or several files lie: by their indices, or by walking through the bytes."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from gpu_im2rec.errors import RecordError, UsageError
from gpu_im2rec.loading.shards import AnyPath, Shards
from gpu_im2rec.recordio import Index, index_of, read_index
from gpu_im2rec.recordio.framing import MAGIC, locate, starts_record
from gpu_im2rec.recordio.header import HEADER_BYTES
from gpu_im2rec.recordio.image_record import ImageRecord
from gpu_im2rec.recordio.mapping import mapped

Offsets = NDArray[np.int64]  # bytes, over all files

_BLOCK_BYTES = 1 << 20
_IDENTITY_LABELS = 2  # of insightface's records without a picture


def indices_of(shards: Shards, given: Sequence[AnyPath] | None) -> list[AnyPath] | None:
    """The index files of ``shards``: those ``given``, else those beside them; None where none is there.

    Raises RecordError where only some are there, UsageError where more or fewer are given than fit.
    """
    if given is not None:
        if len(given) not in (1, len(shards.paths)):
            raise UsageError(f"{len(given)} index files for {len(shards.paths)} record files: one each, or one for all")
        return list(given)
    beside: list[AnyPath] = [index_of(path) for path in shards.paths]
    missing = [path for path in shards.paths if not index_of(path).exists()]
    if len(missing) == len(beside):
        return None
    if missing:
        raise RecordError(f"{missing[0]} has no index and others have; `gpu-im2rec index {missing[0]}` makes one")
    return beside


def indexed(shards: Shards, paths: Sequence[AnyPath]) -> Index:
    """The indices at ``paths`` as one, with offsets over all files. One index may be for several files, as DALI's is.

    Raises RecordError where an index cannot be read, lists nothing, or points beyond its file.
    """
    each = [_read(path) for path in paths]
    ends = shards.starts[1:] if len(paths) == len(shards.paths) else [shards.size]
    starts = [0, *ends[:-1]]
    for path, index, start, end in zip(paths, each, starts, ends, strict=True):
        if len(index) and int(index.offsets.max()) >= end - start:
            raise RecordError(f"{path}: lists an offset beyond the end of the records; it does not fit: make it anew")
    offsets = [index.offsets + np.uint64(start) for index, start in zip(each, starts, strict=True)]
    joined = Index(np.concatenate([index.keys for index in each]), np.concatenate(offsets))
    if not len(joined):
        raise RecordError(f"{shards.paths[0]}: no records")
    return joined


def _read(path: AnyPath) -> Index:
    try:
        return read_index(path)
    except OSError as error:
        raise RecordError(f"{path}: the index cannot be read: {error.strerror or error}") from error


def faces_of(index: Index, record_at: Callable[[int], ImageRecord]) -> Index:
    """Of a file in insightface's layout, its faces alone; any other as it is. See `recordio/insightface.py`.

    ``record_at`` gives the record at an offset.
    """
    try:
        position = index.position(0)
    except KeyError:
        return index
    first = record_at(int(index.offsets[position]))
    if isinstance(first.label, float) or first.content or not _is_range(first.label):
        return index
    start, stop = map(int, first.label)  # the keys of the identities
    identities = index.offsets[(index.keys >= start) & (index.keys < stop)]
    if len(identities) != stop - start or (len(identities) and record_at(int(identities[0])).content):
        return index
    faces = (index.keys >= 1) & (index.keys < start)
    return Index(index.keys[faces], index.offsets[faces])


def sizes_of(offsets: Offsets, shards: Shards) -> Offsets:
    """(n,) bytes from each of the ascending ``offsets`` to the next, or to the end of its file."""
    nexts = np.append(offsets[1:], shards.size)
    ends = np.array(shards.starts)[np.searchsorted(shards.starts, offsets, side="right")]
    sizes: Offsets = np.minimum(nexts, ends) - offsets
    return sizes


def walked(shards: Shards, start: int, stop: int) -> Offsets:
    """The offsets of the records that begin in bytes ``start`` … ``stop`` - 1 of all files, found head by head.

    insightface's records without a picture are left out. Raises RecordError, naming file and offset, for damage.
    """
    found = array("q")
    for path, first, end in zip(shards.paths, shards.starts, shards.starts[1:], strict=False):
        if first < stop and start < end:
            try:
                offsets = _walk(mapped(path), max(start - first, 0), min(stop, end) - first)
                found.extend(first + offset for offset in offsets)
            except RecordError as error:
                raise RecordError(f"{path}: {error}; `gpu-im2rec repair` saves what is whole") from None
    return np.frombuffer(found, np.int64)


def _walk(source: memoryview, start: int, stop: int) -> Iterator[int]:
    offset = _first_head(source, start, stop)
    while offset < stop:
        spans, end = locate(source, offset)
        if not (len(spans) == 1 and is_identity(source[spans[0]])):
            yield offset
        offset = end


def _first_head(source: memoryview, start: int, stop: int) -> int:
    """Where the first record begins at or after ``start``; ``stop`` if none does before it."""
    offset = start + -start % 4
    while 0 < offset < stop:
        words = np.frombuffer(source[offset : offset + _BLOCK_BYTES], "<u4")
        for place in (offset + 4 * np.flatnonzero(words == np.uint32(MAGIC))).tolist():
            if starts_record(source, place):
                return min(int(place), stop)
        offset += _BLOCK_BYTES
    return min(offset, stop)


def is_identity(payload: memoryview) -> bool:
    """Whether this is one of insightface's records that hold no picture. See `recordio/insightface.py`."""
    flag = int.from_bytes(payload[:4], "little")
    if flag != _IDENTITY_LABELS or len(payload) != HEADER_BYTES + 4 * flag:
        return False
    return _is_range(np.frombuffer(payload[HEADER_BYTES:], "<f4"))


def _is_range(labels: NDArray[np.float32]) -> bool:
    """Whether ``labels`` are two keys, the first and the one behind the last, as in insightface's other records."""
    if len(labels) != _IDENTITY_LABELS or not all(map(float.is_integer, labels.tolist())):
        return False
    return bool(1 <= labels[0] <= labels[1])
