from pathlib import Path

import numpy as np
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec.errors import OutputExistsError, RecordError, UsageError
from gpu_im2rec.recordio import RecordWriter, checksum, checksum_line, read_checksums, write_checksums

from .reference import MAGIC, frame_slowly, payloads


def test_a_line_is_what_the_format_says() -> None:
    # XXH3 of no bytes and of "abc", from the specification's own tool.
    assert checksum_line(0) == checksum_line(0, b"") == b"0\t2d06800538d394c2\n"
    assert checksum_line(2**40, b"abc") == b"1099511627776\t78af5f94892f3950\n"


@given(payloads, st.integers(0, 600))
def test_pieces_sum_like_the_whole(payload: bytes, cut: int) -> None:
    whole = xxhash.xxh3_64(payload).intdigest()
    assert checksum(payload) == checksum(payload[:cut], memoryview(payload)[cut:]) == whole
    assert checksum(np.frombuffer(payload, np.uint8), b"") == whole


@given(st.lists(payloads, max_size=5))
def test_a_file_gets_the_lines_that_a_writer_would_write(tmp_path_factory: pytest.TempPathFactory, some: list[bytes]):
    rec = tmp_path_factory.getbasetemp() / "sums.rec"
    with RecordWriter(rec, overwrite=True) as writer:
        offsets = [writer.append(key, payload[:3], payload[3:]) for key, payload in enumerate(some)]
    assert write_checksums(str(rec), overwrite=True) == len(some)
    lines = [checksum_line(offset, payload) for offset, payload in zip(offsets, some, strict=True)]
    assert rec.with_suffix(".crc").read_bytes() == b"".join(lines)
    found = list(read_checksums(rec.with_suffix(".crc")))
    assert found == [(offset, checksum(payload)) for offset, payload in zip(offsets, some, strict=True)]


GOOD = b"0\t2d06800538d394c2\n"


@pytest.mark.parametrize("text", [GOOD, GOOD[:-1], b"0\t2d06800538d394c2\r\n"])
def test_what_is_read(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "a.crc").write_bytes(text)
    assert list(read_checksums(tmp_path / "a.crc")) == [(0, 0x2D06800538D394C2)]


@pytest.mark.parametrize(
    "line",
    [
        b"8\n",
        b"\n",
        b"8 2d06800538d394c2\n",
        b"8\t2d06800538d394c\n",
        b"8\t2d06800538d394c20\n",
        b"8\t2D06800538D394C2\n",
        b"-8\t2d06800538d394c2\n",
        b"8\t2d06800538d394c2 x\n",
        b"0\t2d06800538d394c2\n",
        b"9" * 100 + b"\t2d06800538d394c2\n",
        MAGIC * 1000,
    ],
)
def test_what_is_not(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "a.crc"
    path.write_bytes(GOOD + line + b"16\t2d06800538d394c2\n")
    with pytest.raises(RecordError) as caught:
        list(read_checksums(path))
    assert str(caught.value).startswith(f"{path}, line 2: expected OFFSET<TAB>XXH3")
    assert "index FILE --checksums" in str(caught.value)


def test_what_is_there_already_is_kept(tmp_path: Path) -> None:
    rec, crc = tmp_path / "a.rec", tmp_path / "a.crc"
    rec.write_bytes(frame_slowly(b"abcd"))
    crc.write_bytes(b"old")
    with pytest.raises(OutputExistsError):
        write_checksums(rec)
    with pytest.raises(UsageError, match="give them another name"):
        write_checksums(rec, rec, overwrite=True)
    rec.write_bytes(frame_slowly(b"abcd") + b"JFIF")
    with pytest.raises(RecordError, match=r"a\.rec: offset 12"):
        write_checksums(rec, overwrite=True)
    assert crc.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.crc", "a.rec"]
