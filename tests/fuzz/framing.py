"""Framing, without a file."""

import re

from gpu_im2rec.errors import RecordError
from gpu_im2rec.recordio import frame, unframe
from gpu_im2rec.recordio.framing import starts_record
from tests.fuzz.common import check_refusal
from tests.recordio.reference import MAGIC, frame_slowly, unframe_slowly


def framing(data: bytes) -> None:
    """Records are read as the reference reads them; framed again, the canonical ones are the bytes they were."""
    offset = 0
    while offset < len(data):
        expected = unframe_slowly(data, offset)
        try:
            payload, end = unframe(memoryview(data), offset)
        except RecordError as error:
            check_refusal(error)
            assert expected is None
            assert offset <= int(re.match(r"offset (\d+): ", str(error))[1]) <= len(data)
            return
        assert starts_record(data, offset)
        assert (bytes(payload), end) == expected[:2]
        assert payload.readonly
        assert (b"".join(frame(payload)) == data[offset:end]) == expected.canonical
        offset = end


def framing_again(data: bytes) -> None:
    """What is framed is read, however full of magics and in whatever pieces."""
    pieces = [b"".join(map(_crumb, piece)) for piece in data.split(b"\xff")]
    record = b"".join(frame(*pieces))
    assert record == frame_slowly(b"".join(pieces))
    payload, end = unframe(record)
    assert (bytes(payload), end) == (b"".join(pieces), len(record))


def _crumb(byte: int) -> bytes:
    """A magic, an end of one, much of nothing or the byte itself: so that most inputs are hard ones."""
    if byte < 0x40:
        return MAGIC
    if byte < 0x60:
        return MAGIC[byte % 4 :]
    if byte < 0x80:
        return MAGIC[: byte % 4]
    return bytes(500 + byte % 16) if byte >= 0xF0 else bytes([byte])
