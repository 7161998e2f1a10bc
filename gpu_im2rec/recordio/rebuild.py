"""Making the index of a record file that has none, or a wrong one."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Literal

from gpu_im2rec.errors import RecordError, UsageError
from gpu_im2rec.recordio.framing import gather
from gpu_im2rec.recordio.header import HEADER_BYTES, read_index_of
from gpu_im2rec.recordio.index import index_line
from gpu_im2rec.recordio.naming import beside
from gpu_im2rec.recordio.publishing import publishing
from gpu_im2rec.recordio.scan import FileBytes, scan


def rebuild_index(
    rec_path: str | PathLike[str],
    index_path: str | PathLike[str] | None = None,
    *,
    keys: Literal["id", "number"] = "id",
    overwrite: bool = False,
) -> int:
    """Write the index of ``rec_path`` (default: beside it, ``.idx``) → the number of records.

    Keys are the image headers' indices, as im2rec.py writes them, or the records' numbers from 0, as rec2idx.py does.
    Payloads are passed over. Raises RecordError, naming file and offset, where the framing breaks or a record has no
    image header, and OutputExistsError like ``RecordWriter``; then there is no new index.
    """
    path = Path(rec_path)
    target = beside(path, ".idx") if index_path is None else Path(index_path)
    if path == target:
        raise UsageError(f"{path} cannot be both the record file and its index; give the index another name")
    records = 0
    with publishing(target, overwrite=overwrite) as part:
        for source, offset, spans in scan(path):
            key = records if keys == "number" else id_of(path, source, offset, spans)
            part.write([index_line(key, offset)])
            records += 1
    return records


def id_of(path: Path, source: FileBytes, offset: int, spans: Sequence[slice]) -> int:
    """The id in the image header of the record at ``offset``. Raises RecordError where it has none."""
    first = spans[0]
    try:
        if len(spans) == 1:
            start = source[first.start : min(first.stop, first.start + HEADER_BYTES)]
            return read_index_of(start, first.stop - first.start)
        payload = gather(source, spans)  # the header itself may be cut
        return read_index_of(payload, len(payload))
    except RecordError as error:
        raise RecordError(f"{path}: offset {offset}: {error}; index such a file by record number") from None
