"""MXNet's RecordIO files without mxnet: bytes in, bytes out. Needs NumPy alone.

Writing::

    with RecordWriter("train.rec") as writer:  # and train.idx
        writer.append(7, pack_header(7, [1.0], packed=False), jpeg)

Reading, through the index or without one::

    with RecordReader("train.rec") as reader:
        record = reader[0]  # reader[-1], reader[10:20], reader.by_key(7), len(reader), for record in reader
        record.labels, record.content  # (n,) float32; the image file's bytes

    for record in iter_records("train.rec"): ...

``rebuild_index`` makes an index where there is none, ``write_checksums`` a file of checksums. ``FaceWriter`` and
``iter_faces`` write and read insightface's layout. ``frame``, ``unframe``, ``pack_header``, ``unpack_header``,
``checksum_line``, ``read_index`` and ``read_checksums`` are the pieces that all of it is made of.
"""

from gpu_im2rec.recordio.checksums import checksum, checksum_line, read_checksums, write_checksums
from gpu_im2rec.recordio.framing import MAGIC, MAX_PAYLOAD_BYTES, Buffer, frame, unframe
from gpu_im2rec.recordio.header import ImageHeader, pack_header, unpack_header
from gpu_im2rec.recordio.index import Index, read_index
from gpu_im2rec.recordio.insightface import FaceWriter, iter_faces
from gpu_im2rec.recordio.naming import beside, index_of
from gpu_im2rec.recordio.reader import Record, RecordReader, iter_records
from gpu_im2rec.recordio.rebuild import rebuild_index
from gpu_im2rec.recordio.writer import RecordWriter

__all__ = [
    "MAGIC",
    "MAX_PAYLOAD_BYTES",
    "Buffer",
    "FaceWriter",
    "ImageHeader",
    "Index",
    "Record",
    "RecordReader",
    "RecordWriter",
    "beside",
    "checksum",
    "checksum_line",
    "frame",
    "index_of",
    "iter_faces",
    "iter_records",
    "pack_header",
    "read_checksums",
    "read_index",
    "rebuild_index",
    "unframe",
    "unpack_header",
    "write_checksums",
]
