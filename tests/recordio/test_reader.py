import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec.errors import RecordError
from gpu_im2rec.recordio import Record, RecordReader, RecordWriter, iter_records, pack_header

from .reference import MAGIC, frame_slowly, payloads

PAYLOADS = [b"", b"abcde", MAGIC + b"fgh", b"x" * 1000 + MAGIC, b"last"]
KEYS = [4, 0, 9, 2**64 - 1, 4]


@pytest.fixture
def rec(tmp_path: Path) -> Path:
    path = tmp_path / "a.rec"
    with RecordWriter(path) as writer:
        for key, payload in zip(KEYS, PAYLOADS, strict=True):
            writer.append(key, b"", payload)
    return path


def payloads_of(records: Sequence[Record]) -> list[bytes]:
    return [bytes(record.payload) for record in records]


def test_a_reader_is_a_sequence(rec: Path) -> None:
    with RecordReader(str(rec)) as reader:
        assert isinstance(reader, Sequence)
        assert len(reader) == 5
        assert payloads_of(reader) == PAYLOADS
        assert [bytes(reader[position].payload) for position in range(-5, 5)] == PAYLOADS * 2
        assert payloads_of(list(reversed(reader))) == PAYLOADS[::-1]
        assert [record.key for record in reader] == KEYS
        assert reader.keys.tolist() == KEYS
        assert reader.offsets.tolist() == [record.offset for record in reader] == [0, 8, 24, 44, 1060]
        assert reader[1] in reader
        assert reader.index(reader[2]) == 2
        assert reader[np.int64(1)] == reader[1]


@pytest.mark.parametrize("position", [5, -6, 2**70])
def test_positions_outside(rec: Path, position: int) -> None:
    with RecordReader(rec) as reader, pytest.raises(IndexError):
        reader[position]


@pytest.mark.parametrize("position", [None, 1.0, "1", (1, 2), [1]])
def test_positions_that_are_none(rec: Path, position: object) -> None:
    with RecordReader(rec) as reader, pytest.raises(TypeError):
        reader[position]  # type: ignore[call-overload]


@given(st.slices(5))
def test_slices_are_readers(tmp_path_factory: pytest.TempPathFactory, span: slice) -> None:
    path = tmp_path_factory.getbasetemp() / "slices.rec"
    if not path.exists():
        with RecordWriter(path) as writer:
            for key, payload in zip(KEYS, PAYLOADS, strict=True):
                writer.append(key, b"", payload)
    with RecordReader(path) as reader, reader[span] as part:
        assert isinstance(part, RecordReader)
        assert len(part) == len(KEYS[span])
        assert part.keys.tolist() == KEYS[span]
        assert payloads_of(part) == PAYLOADS[span]


def test_by_key(rec: Path) -> None:
    with RecordReader(rec) as reader:
        assert reader.by_key(9).payload == PAYLOADS[2]
        assert reader.by_key(2**64 - 1).payload == PAYLOADS[3]
        assert reader.by_key(4).payload == PAYLOADS[4]  # the last of two, as in mxnet
        with pytest.raises(KeyError, match="5"):
            reader.by_key(5)
        assert reader[:2].by_key(4).payload == PAYLOADS[0]


def test_payloads_are_views_that_outlive_the_reader(rec: Path) -> None:
    with RecordReader(rec) as reader:
        record, part = reader[1], reader[1:2]
        assert record.payload.readonly
        assert np.shares_memory(np.frombuffer(record.payload, np.uint8), np.frombuffer(part[0].payload, np.uint8))
    assert record.payload == PAYLOADS[1]
    assert part[0].payload == PAYLOADS[1]
    with pytest.raises(ValueError, match="released"):
        reader[1]
    part.close()
    with pytest.raises(ValueError, match="released"):
        part[0]
    reader.close()  # once more does no harm


def test_image_view(tmp_path: Path) -> None:
    path = tmp_path / "a.rec"
    with RecordWriter(path) as writer:
        writer.append(3, pack_header(7, [1.5, 2.5], packed=True), b"jpeg")
        writer.append(5, b"", b"too short")
    with RecordReader(path) as reader:
        record = reader[0]
        assert (record.key, record.header.index, record.header.flag) == (3, 7, 2)
        assert record.labels.dtype == np.float32
        assert record.labels.tolist() == [1.5, 2.5]
        assert bytes(record.content) == b"jpeg"
        for view in ("header", "labels", "content"):
            with pytest.raises(RecordError, match=r"^offset 44: no image record: "):
                getattr(reader[1], view)


def test_records_are_frozen(rec: Path) -> None:
    with RecordReader(rec) as reader, pytest.raises(AttributeError):
        reader[0].key = 5  # type: ignore[misc]


def test_pickled_readers_open_the_file_again(rec: Path) -> None:
    with RecordReader(rec) as reader:
        assert payloads_of(pickle.loads(pickle.dumps(reader))) == PAYLOADS
        assert payloads_of(pickle.loads(pickle.dumps(reader[1:4:2]))) == PAYLOADS[1:4:2]


def test_threads_share_a_reader(rec: Path) -> None:
    with RecordReader(rec) as reader, ThreadPoolExecutor(8) as pool:
        positions = [*range(5)] * 200
        found = pool.map(lambda position: (reader[position].payload, reader.by_key(KEYS[position]).key), positions)
        assert list(found) == [(PAYLOADS[position], KEYS[position]) for position in positions]


FORK = """
import os, sys
from gpu_im2rec.recordio import RecordReader

reader = RecordReader(sys.argv[1])
children = []
for start in range(4):
    child = os.fork()
    if not child:
        good = all(reader[i % 5].key == reader.keys[i % 5] and len(reader[1].payload) == 5 for i in range(start, 999))
        os._exit(0 if good else 1)
    children.append(child)
print([os.waitpid(child, 0)[1] for child in children])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_forked_processes_share_a_reader(rec: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FORK, str(rec)], capture_output=True, text=True, check=True)
    assert done.stdout == "[0, 0, 0, 0]\n"


def test_another_index(rec: Path) -> None:
    other = rec.with_name("reversed")
    lines = rec.with_suffix(".idx").read_bytes().splitlines(keepends=True)
    other.write_bytes(b"".join(lines[::-1]))
    with RecordReader(rec, other) as reader:
        assert payloads_of(reader) == PAYLOADS[::-1]


def test_an_empty_file_has_no_records(tmp_path: Path) -> None:
    path = tmp_path / "a.rec"
    with RecordWriter(path):
        pass
    assert path.read_bytes() == path.with_suffix(".idx").read_bytes() == b""
    with RecordReader(path) as reader:
        assert len(reader) == 0
        assert list(reader) == []
    assert list(iter_records(path)) == []


def test_missing_files(rec: Path) -> None:
    rec.with_suffix(".idx").unlink()
    with pytest.raises(RecordError, match=r"a\.idx is missing; make it with `gpu-im2rec index .*a\.rec`"):
        RecordReader(rec)
    with pytest.raises(RecordError, match="nowhere is missing"):
        RecordReader(rec, rec.with_name("nowhere"))
    rec.with_suffix(".idx").write_bytes(b"0\t0\n")
    rec.unlink()
    with pytest.raises(FileNotFoundError, match=r"a\.rec"):
        RecordReader(rec)
    with pytest.raises(FileNotFoundError, match=r"a\.rec"):
        list(iter_records(rec))


@pytest.mark.parametrize("offset", [4, 12, 2, 1072, 2**40, 2**64 - 1, 36])
def test_an_index_that_does_not_fit(rec: Path, offset: int) -> None:
    """36 is the last part of a record that was cut."""
    rec.with_suffix(".idx").write_bytes(b"0\t%d\n" % offset)
    with RecordReader(rec) as reader, pytest.raises(RecordError) as caught:
        reader[0]
    message = str(caught.value)
    assert message.startswith(f"{rec}: offset {offset}: ")
    assert message.endswith(f"rebuild the index with `gpu-im2rec index {rec}`")


def test_a_cut_off_record_is_no_fault_of_the_index(rec: Path) -> None:
    rec.write_bytes(rec.read_bytes()[:-1])
    with RecordReader(rec) as reader:
        assert payloads_of(reader[:-1]) == PAYLOADS[:-1]
        with pytest.raises(RecordError, match=r"a\.rec: offset 1060: the file ends inside this record$"):
            reader[-1]


# --- without an index ------------------------------------------------------------------------------------------------


def test_forwards_without_an_index(rec: Path) -> None:
    rec.with_suffix(".idx").unlink()
    records = list(iter_records(rec))
    assert payloads_of(records) == PAYLOADS
    assert [record.offset for record in records] == [0, 8, 24, 44, 1060]
    assert [record.key for record in records] == [0, 1, 2, 3, 4]
    assert list(iter_records(str(rec))) == records


def read_until_broken(path: Path) -> tuple[list[bytes], str | None]:
    found: list[bytes] = []
    try:
        found.extend(bytes(record.payload) for record in iter_records(path))
    except RecordError as error:
        return found, str(error)
    return found, None


@given(st.lists(payloads, min_size=1, max_size=4), st.data())
def test_truncated_files(tmp_path_factory: pytest.TempPathFactory, stored: list[bytes], data: st.DataObject) -> None:
    records = [frame_slowly(payload) for payload in stored]
    starts = [sum(map(len, records[:count])) for count in range(len(records) + 1)]
    size = data.draw(st.integers(0, starts[-1]))
    path = tmp_path_factory.getbasetemp() / "truncated.rec"
    path.write_bytes(b"".join(records)[:size])
    found, error = read_until_broken(path)
    whole = sum(start <= size for start in starts) - 1
    assert found == stored[:whole]
    if size in starts:
        assert error is None
    else:
        assert error is not None
        assert error.startswith(f"{path}: offset ")
        assert starts[whole] <= int(error.removeprefix(f"{path}: offset ").split(":")[0]) <= size
        assert "the file ends" in error


@given(st.lists(payloads, min_size=1, max_size=4), st.data())
def test_flipped_bits(tmp_path_factory: pytest.TempPathFactory, stored: list[bytes], data: st.DataObject) -> None:
    """Framing has no checksum: what holds is that records before the damage are right and nothing else is raised."""
    records = [frame_slowly(payload) for payload in stored]
    file = bytearray(b"".join(records))
    bit = data.draw(st.integers(0, 8 * len(file) - 1))
    file[bit // 8] ^= 1 << bit % 8
    path = tmp_path_factory.getbasetemp() / "flipped.rec"
    path.write_bytes(file)
    found, error = read_until_broken(path)
    before = sum(sum(map(len, records[: count + 1])) <= bit // 8 for count in range(len(records)))
    assert found[:before] == stored[:before]
    if error is not None:
        assert error.startswith(f"{path}: offset ")
    # A length that grew can swallow the heads behind it; framed anew, such a payload would be cut at them.
    elif not any(payload not in stored and len(frame_slowly(payload)) > 11 + len(payload) for payload in found):
        assert sum(len(frame_slowly(payload)) for payload in found) == len(file)

    path.with_suffix(".idx").write_bytes(
        b"".join(b"%d\t%d\n" % (count, sum(map(len, records[:count]))) for count in range(len(records)))
    )
    with RecordReader(path) as reader:
        assert payloads_of(reader[:before]) == stored[:before]
        for position in range(before, len(reader)):
            try:
                assert isinstance(reader[position].payload, memoryview)
            except RecordError as broken:
                assert str(broken).startswith(f"{path}: offset ")


@given(st.binary(max_size=200))
def test_any_bytes_at_all(tmp_path_factory: pytest.TempPathFactory, junk: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "junk.rec"
    path.write_bytes(junk)
    found, error = read_until_broken(path)
    assert (error is None) == (junk == b"" or found != [])
