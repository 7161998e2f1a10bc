from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec.errors import RecordError
from gpu_im2rec.recordio import MAGIC, MAX_PAYLOAD_BYTES, frame, unframe
from gpu_im2rec.recordio.framing import starts_record

from .reference import MAGIC as MAGIC_BYTES
from .reference import frame_slowly, payloads

# What mxnet 1.9.1 writes for each payload.
VECTORS = [
    (b"", "0a23d7ce 00000000"),
    (b"a", "0a23d7ce 01000000 61000000"),
    (b"abcd", "0a23d7ce 04000000 61626364"),
    (MAGIC_BYTES, "0a23d7ce 00000020 0a23d7ce 00000060"),
    (MAGIC_BYTES * 2, "0a23d7ce 00000020 0a23d7ce 00000040 0a23d7ce 00000060"),
    (b"abcd" + MAGIC_BYTES, "0a23d7ce 04000020 61626364 0a23d7ce 00000060"),
    (b"abcd" + MAGIC_BYTES + b"ef", "0a23d7ce 04000020 61626364 0a23d7ce 02000060 65660000"),
    (b"ab" + MAGIC_BYTES + b"cd", "0a23d7ce 08000000 61620a23 d7ce6364"),
    (MAGIC_BYTES + b"xyz", "0a23d7ce 00000020 0a23d7ce 03000060 78797a00"),
    (
        b"abcd" + MAGIC_BYTES + b"efgh" + MAGIC_BYTES,
        "0a23d7ce 04000020 61626364 0a23d7ce 04000040 65666768 0a23d7ce 00000060",
    ),
]
HEAD = MAGIC_BYTES + bytes(4)


def test_magic_is_the_formats() -> None:
    assert MAGIC.to_bytes(4, "little") == MAGIC_BYTES


@pytest.mark.parametrize(("payload", "on_disk"), VECTORS)
def test_vectors_of_mxnet(payload: bytes, on_disk: str) -> None:
    record = bytes.fromhex(on_disk)
    assert b"".join(frame(payload)) == record
    found, end = unframe(record)
    assert (bytes(found), end) == (payload, len(record))
    assert frame_slowly(payload) == record


@given(payloads)
def test_same_bytes_as_the_reference(payload: bytes) -> None:
    assert b"".join(frame(payload)) == frame_slowly(payload)


@given(payloads, st.lists(st.integers(0, 600), max_size=3))
def test_pieces_frame_like_the_whole(payload: bytes, cuts: list[int]) -> None:
    borders = [0, *sorted(min(cut, len(payload)) for cut in cuts), len(payload)]
    pieces = [payload[start:end] for start, end in pairwise(borders)]
    assert b"".join(frame(*pieces)) == frame_slowly(payload)


@given(st.lists(payloads, max_size=5))
def test_records_read_back_one_after_the_other(contents: list[bytes]) -> None:
    file, offset, found = b"".join(b"".join(frame(payload)) for payload in contents), 0, []
    while offset < len(file):
        payload, offset = unframe(file, offset)
        found.append(bytes(payload))
    assert found == contents
    assert offset == len(file)


@pytest.mark.parametrize("payload", [b"some bytes", b"x" * 600, b"efgh" + MAGIC_BYTES + b"i", b"x" * 600 + MAGIC_BYTES])
def test_every_kind_of_buffer(payload: bytes) -> None:
    record = frame_slowly(payload)
    odd_address = memoryview(b"-" + payload)[1:]
    array = np.frombuffer(payload, np.uint8)
    column = array[:, None]
    for kind in (payload, bytearray(payload), memoryview(payload), odd_address, array, column):
        assert b"".join(frame(kind)) == record


def test_nothing_to_frame_is_an_empty_record() -> None:
    assert b"".join(frame()) == HEAD
    assert b"".join(frame(np.empty(0, np.uint8))) == HEAD


def test_a_buffer_with_gaps_is_refused() -> None:
    with pytest.raises(TypeError, match="C-contiguous"):
        frame(np.zeros(8, np.uint8)[::2])


@pytest.mark.parametrize("size", [100, 1000])
def test_payloads_are_not_copied(size: int) -> None:
    header, payload = bytes(24), b"x" * size
    assert frame(header, payload)[2] is payload
    assert frame(header, bytearray(payload))[2].obj == payload  # a view


def test_reading_a_whole_record_from_a_view_copies_nothing() -> None:
    record = b"".join(frame(b"abcd"))
    payload, _ = unframe(memoryview(record))
    assert payload.obj is record


def test_limit_is_that_of_mxnet() -> None:
    largest = np.zeros(2**29 - 1, np.uint8)  # pages of zeros that take no memory
    head, *_, padding = frame(largest)
    assert head == bytes.fromhex("0a23d7ce ffffff1f")
    assert padding == b"\0"
    assert MAX_PAYLOAD_BYTES == 2**29 - 1
    with pytest.raises(RecordError, match=r"at most 536870911 bytes, this one has 536870912"):
        frame(largest, b"1")


def part(cflag: int, payload: bytes, length: int | None = None) -> bytes:
    size = len(payload) if length is None else length
    return MAGIC_BYTES + (cflag << 29 | size).to_bytes(4, "little") + payload


@pytest.mark.parametrize(
    ("file", "offset", "message"),
    [
        (b"", 0, "offset 0: the file ends where the head"),
        (HEAD[:7], 0, "offset 0: the file ends where the head"),
        (HEAD, 8, "offset 8: the file ends where the head"),
        (HEAD, 2**63, "offset 9223372036854775808: the file ends where the head"),
        (HEAD, -8, "offset -8: records start at multiples of 4"),
        (b"--" + HEAD + b"--", 2, "offset 2: records start at multiples of 4"),
        (b"JFIF" + HEAD, 0, "offset 0: no head of a record .found 0x4649464a"),
        (part(0, b"abcd", 5), 0, "offset 0: the file ends inside this record"),
        (HEAD + part(0, b"abcde"), 8, "offset 8: the file ends inside this record"),  # its padding is missing
        (part(2, b""), 0, "offset 0: a part with cflag 2 cannot stand here"),
        (part(3, b""), 0, "offset 0: a part with cflag 3 cannot stand here"),
        (part(5, b""), 0, "offset 0: a part with cflag 5 cannot stand here"),
        (part(1, b"abcd"), 0, "offset 12: the file ends where the head"),
        (part(1, b"abcd") + part(0, b""), 0, "offset 12: a part with cflag 0 cannot stand here"),
        (part(1, b"") + part(2, b"") + part(1, b""), 0, "offset 16: a part with cflag 1 cannot stand here"),
        (part(1, b"abc\0", 3) + part(3, b""), 0, "offset 0: a part of 3 bytes"),
        (part(1, b"") + part(2, b"ab\0\0", 2) + part(3, b""), 0, "offset 8: a part of 2 bytes"),
    ],
)
def test_broken_framing_names_the_offset(file: bytes, offset: int, message: str) -> None:
    with pytest.raises(RecordError, match=f"^{message}"):
        unframe(file, offset)


def test_where_records_start() -> None:
    file = b"".join(frame(b"abcd" + MAGIC_BYTES + b"efgh")) + b"".join(frame(b"ijkl"))
    assert [offset for offset in range(-8, len(file) + 8) if starts_record(file, offset)] == [0, 24]
