import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec.errors import RecordError
from gpu_im2rec.recordio import frame, pack_header, unframe, unpack_header
from gpu_im2rec.recordio.header import read_index_of

from .reference import MAGIC, frame_slowly

MAGIC_WORD = int.from_bytes(MAGIC, "little")
MAGIC_LABEL = struct.unpack("<f", MAGIC)[0]  # about -1.8e9

indices = st.one_of(st.integers(0, 2**64 - 1), st.sampled_from([0, 2**64 - 1, MAGIC_WORD, MAGIC_WORD << 32]))
floats = st.one_of(st.floats(width=32), st.just(MAGIC_LABEL))


@pytest.mark.parametrize(
    ("index", "labels", "packed", "on_disk"),
    [
        (7, [1.0], False, "00000000 0000803f 0700000000000000 0000000000000000"),
        (7, [1.0], True, "00000000 0000803f 0700000000000000 0000000000000000"),
        (7, [1.0, 2.0], False, "00000000 0000803f 0700000000000000 0000000000000000"),
        (7, [1.0, 2.0], True, "02000000 00000000 0700000000000000 0000000000000000 0000803f 00000040"),
        (2**64 - 1, [-0.5], False, "00000000 000000bf ffffffffffffffff 0000000000000000"),
        (258, [3, 4, 5], True, "03000000 00000000 0201000000000000 0000000000000000 00004040 00008040 0000a040"),
    ],
)
def test_bytes_are_those_of_im2rec_py(index: int, labels: list[float], packed: bool, on_disk: str) -> None:
    for given_as in (labels, tuple(labels), np.array(labels), np.array(labels, np.float32)):
        assert pack_header(index, given_as, packed=packed) == bytes.fromhex(on_disk)


@given(indices, st.lists(floats, min_size=1, max_size=20), st.booleans(), st.binary(max_size=9))
def test_round_trip(index: int, labels: list[float], packed: bool, content: bytes) -> None:
    written = pack_header(index, labels, packed=packed)
    header, rest = unpack_header(written + content)
    kept = labels if packed else labels[:1]
    assert header.flag == (len(kept) if len(kept) > 1 else 0)
    assert (header.index, header.id2, header.size) == (index, 0, len(written))
    assert header.size % 4 == 0
    assert header.labels.dtype == np.float32
    np.testing.assert_array_equal(header.labels, np.array(kept, np.float32))
    np.testing.assert_equal(header.label, kept[0] if header.flag == 0 else 0.0)
    assert rest == content


@given(indices, st.lists(floats, min_size=1, max_size=6), st.binary(max_size=9))
def test_headers_that_hold_the_magic_are_framed(index: int, labels: list[float], content: bytes) -> None:
    header = pack_header(index, labels, packed=True)
    record = b"".join(frame(header, content))
    assert record == frame_slowly(header + content)
    assert unframe(record)[0] == header + content


@pytest.mark.parametrize(
    ("index", "labels", "parts"),
    [
        (MAGIC_WORD, [1.0], 2),
        (MAGIC_WORD << 32, [1.0], 2),
        (MAGIC_WORD << 16, [1.0], 1),  # unaligned
        (0, [MAGIC_LABEL], 2),
        (MAGIC_WORD, [MAGIC_LABEL, 1.0, MAGIC_LABEL], 4),
    ],
)
def test_a_magic_in_the_header_cuts_the_record(index: int, labels: list[float], parts: int) -> None:
    record = b"".join(frame(pack_header(index, labels, packed=True), b"content."))
    assert sum(record[at : at + 4] == MAGIC for at in range(0, len(record), 4)) == parts
    header, content = unpack_header(unframe(record)[0])
    assert header.index == index
    assert header.labels.tolist() == labels
    assert bytes(content) == b"content."


def test_first_label_beside_packed_ones_as_the_cpp_tool_writes_it() -> None:
    payload = struct.pack("<IfQQ2f", 2, 1.5, 9, 4, 1.5, 2.5) + b"jpeg"
    header, content = unpack_header(payload)
    assert (header.flag, header.label, header.index, header.id2, header.size) == (2, 1.5, 9, 4, 32)
    assert header.labels.tolist() == [1.5, 2.5]
    assert bytes(content) == b"jpeg"


@pytest.mark.parametrize("labels", [[1.0], [1.0, 2.0]])
def test_unpacking_copies_nothing_and_labels_are_read_only(labels: list[float]) -> None:
    payload = bytearray(pack_header(1, labels, packed=True) + b"content")
    header, content = unpack_header(payload)
    assert content.obj is payload
    assert np.shares_memory(header.labels, np.frombuffer(payload, np.uint8))
    with pytest.raises(ValueError, match="read-only"):
        header.labels[0] = 5


@pytest.mark.parametrize("label", [math.inf, -math.inf, math.nan])
def test_infinities_and_nan_are_labels(label: float) -> None:
    np.testing.assert_equal(unpack_header(pack_header(0, [label], packed=False))[0].label, label)


@pytest.mark.parametrize(
    ("index", "labels", "message"),
    [
        (-1, [0.0], "index -1 is outside 0 … 2.64-1"),
        (2**64, [0.0], "index 18446744073709551616 is outside"),
        (5, [], "index 5 has no label"),
        (5, np.empty(0), "index 5 has no label"),
        (5, [1e39], "index 5: a label is beyond float32"),
        (5, [0.0, -1e39], "index 5: a label is beyond float32"),
    ],
)
def test_what_a_header_cannot_hold(index: int, labels: list[float], message: str) -> None:
    with pytest.raises(RecordError, match=message):
        pack_header(index, labels, packed=True)


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b"", "its header has 24 bytes, the payload 0"),
        (bytes(23), "its header has 24 bytes, the payload 23"),
        (pack_header(1, [1.0, 2.0], packed=True)[:-1], "2 labels do not fit into a payload of 31 bytes"),
        (b"\xff" * 24, "4294967295 labels do not fit into a payload of 24 bytes"),
    ],
)
def test_payloads_too_short_for_an_image_record(payload: bytes, message: str) -> None:
    with pytest.raises(RecordError, match=f"no image record: {message}"):
        unpack_header(payload)
    with pytest.raises(RecordError, match=f"no image record: {message}"):
        read_index_of(payload[:24], len(payload))


def test_index_alone_takes_24_bytes() -> None:
    header = pack_header(2**63, [1.0, 2.0], packed=True)
    assert read_index_of(header[:24], len(header)) == 2**63
