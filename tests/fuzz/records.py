"""Record files and their indexes, as files."""

from gpu_im2rec.errors import RecordError
from gpu_im2rec.recordio import RecordReader, iter_records, rebuild_index, unpack_header
from tests.fuzz.common import as_file, check_refusal
from tests.recordio.reference import unframe_slowly

_READ = 20  # records of an index, which may name the same ones again and again


def records(data: bytes) -> None:
    """Forwards, all records up to the first broken byte; a rebuilt index has exactly them."""
    path = as_file("a.rec", data)
    expected, offset = [], 0
    while record := unframe_slowly(data, offset):
        expected.append((offset, record.payload))
        offset = record.end
    found = []
    try:
        for each in iter_records(path):
            found.append((each.offset, bytes(each.payload)))
            _look_at(each)
    except RecordError as error:
        check_refusal(error)
        assert offset < len(data)
    else:
        assert offset == len(data)
    assert found == expected
    offsets = [at for at, _ in expected] if offset == len(data) else None
    _rebuild(path, "number", range(len(expected)), offsets)
    _rebuild(path, "id", _ids(payload for _, payload in expected), offsets)


def reader(data: bytes) -> None:
    """Any index beside any record file: the index is what stands before the first byte FF."""
    index, _, content = data.partition(b"\xff")
    path = as_file("b.rec", content)
    as_file("b.idx", index)
    try:
        opened = RecordReader(path)
    except RecordError as error:
        check_refusal(error)
        return
    with opened:
        for position in range(min(len(opened), _READ)):
            offset = int(opened.offsets[position])
            expected = None if offset % 4 else unframe_slowly(content, offset)
            try:
                record = opened[position]
            except RecordError as error:
                check_refusal(error)
                assert expected is None
            else:
                assert bytes(record.payload) == expected.payload
                assert int(opened.keys[opened._index.position(record.key)]) == record.key
                _look_at(record)


def _look_at(record) -> None:
    try:
        header = record.header
    except RecordError as error:
        check_refusal(error)
    else:
        assert header.size + len(record.content) == len(record.payload)


def _ids(payloads) -> list[int] | None:
    """The indices in the image headers; None where one has none."""
    try:
        return [unpack_header(payload)[0].index for payload in payloads]
    except RecordError:
        return None


def _rebuild(path, kind, keys, offsets) -> None:
    """There is a new index where there are ``keys`` and ``offsets``, and it has them."""
    try:
        rebuild_index(path, keys=kind, overwrite=True)
    except RecordError as error:
        check_refusal(error)
        assert keys is None or offsets is None
        return
    with RecordReader(path) as opened:
        assert opened.keys.tolist() == list(keys)
        assert opened.offsets.tolist() == offsets
        assert [record.offset for record in opened] == offsets
