"""The content of one record, by its key."""

from os import PathLike
from pathlib import Path

from gpu_im2rec.errors import RecordError
from gpu_im2rec.recordio.framing import unframe
from gpu_im2rec.recordio.naming import index_of
from gpu_im2rec.recordio.reader import Record, RecordReader
from gpu_im2rec.recordio.rebuild import id_of
from gpu_im2rec.recordio.scan import FileBytes, scan


def content_of(path: str | PathLike[str], key: int) -> memoryview:
    """What follows header and labels of the record under ``key`` in the index of ``path``: the image file.

    Without an index ``key`` is the id in a record's image header, and the headers of all records are read. Where a key
    is there several times, the last record counts.

    Raises RecordError, naming the file: for a key that is not there, saying which are; for a record that cannot be
    read, or holds no image header.
    """
    path = Path(path)
    record = _by_index(path, key) if index_of(path).is_file() else _by_id(path, key)
    try:
        return record.content
    except RecordError as error:
        raise RecordError(f"{path}: {error}") from None


def _by_index(path: Path, key: int) -> Record:
    with RecordReader(path) as reader:
        try:
            return reader.by_key(key)
        except KeyError:
            keys = reader.keys
            span = (int(keys.min()), int(keys.max())) if len(keys) else (0, 0)
            raise RecordError(_no_such(key, index_of(path), len(keys), *span)) from None


def _by_id(path: Path, key: int) -> Record:
    found, records, low, high = None, 0, 1 << 64, 0
    for source, offset, spans in scan(path):
        index = id_of(path, source, offset, spans)
        if index == key:
            found = offset
        records, low, high = records + 1, min(low, index), max(high, index)
    if found is None:
        raise RecordError(_no_such(key, path, records, low, high))
    with path.open("rb") as file:
        return Record(key, found, unframe(FileBytes(file), found)[0])


def _no_such(key: int, path: Path, keys: int, low: int, high: int) -> str:
    there = f"there are {keys:,} keys, {low} … {high}" if keys else "there is none at all"
    return f"{path}: no key {key}; {there}"
