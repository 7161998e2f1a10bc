"""The header of an image record."""

import struct

from gpu_im2rec.errors import RecordError
from gpu_im2rec.recordio import unpack_header
from gpu_im2rec.recordio.header import read_index_of


def header(data: bytes) -> None:
    """Every field is the bytes that it should be, and what is refused is too short."""
    flag = int.from_bytes(data[:4], "little")
    fits = len(data) >= 24 and len(data) >= 24 + 4 * flag
    try:
        found, content = unpack_header(data)
    except RecordError as error:
        assert not fits
        assert str(len(data)) in str(error)
        return
    assert fits
    assert (found.flag, found.size) == (flag, 24 + 4 * flag)
    assert bytes(content) == data[found.size :]
    assert found.labels.tobytes() == (data[24 : found.size] or data[4:8])
    assert struct.pack("<f", found.label)[3:] == data[7:8]  # the payload of a nan may change on the way
    assert (found.index, found.id2) == struct.unpack_from("<QQ", data, 8)
    assert read_index_of(data[:24], len(data)) == found.index
