"""What is read of a picture without a decoder, beside what the decoders read."""

import itertools
import zlib

from cpu_fallback.jpeg_scans import has_all_scans
from cpu_fallback.png_decode import _chunks, _notes
from gpu_im2rec.transcode import Failure
from gpu_im2rec.transcode.formats import check_whole, format_of, size_of
from gpu_im2rec.transcode.jpeg_header import ENDS, read_header, segments


def jpeg(data: bytes) -> None:
    """The walk through a JPEG's segments."""
    walked = list(segments(data))
    assert all(before[2] <= start <= end for before, (_, start, end) in itertools.pairwise(walked))
    assert all(end <= len(data) for _, _, end in walked)
    assert all(marker not in ENDS for marker, _, _ in walked[:-1])
    has_all_scans(data)
    found = read_header(data)
    if found:
        assert 1 <= found.orientation <= 8
        assert found.scan == next((end for marker, _, end in walked if marker == 0xDA), 0)
        assert 0 <= found.width < 1 << 16
        assert 0 <= found.height < 1 << 16
        assert 0 <= found.components < 256
        assert 0 <= found.process < 16
        assert found.process not in (4, 8, 12)
        assert found.components == 3 or not found.is_rgb
    any_picture(data)


def png(data: bytes) -> None:
    """The walk through a PNG's chunks, as they are and with all their checksums right."""
    for content in (data, _with_checksums(data)):
        chunks = list(_chunks(content))
        assert sum(12 + len(each) for _, each in chunks) <= len(content)
        assert all(each in content for _, each in chunks)
        assert [name for name, _ in chunks[:-1]].count(b"IEND") == 0
        notes = _notes(content)
        assert 1 <= notes.orientation <= 8
        assert 16 <= round(notes.gamma * 100_000) <= 625_000_000
    any_picture(data)


def any_picture(data: bytes) -> None:
    """Formats, sizes and ends."""
    name, size = format_of(data), size_of(data)
    assert size is None or (name in ("JPEG", "PNG", None) and len(size) == 2)
    failure = check_whole(data)
    assert failure is None or isinstance(failure, Failure)
    assert failure is not None or name is not None


def _with_checksums(data: bytes) -> bytes:
    content, position = bytearray(data), 8
    while position + 12 <= len(content):
        end = position + 8 + int.from_bytes(content[position : position + 4], "big")
        if end + 4 <= len(content):
            content[end : end + 4] = zlib.crc32(content[position + 4 : end]).to_bytes(4, "big")
        position = end + 4
    return bytes(content)
