"""Record files read for training: by number through any index, and in parts by bytes without one."""

from gpu_im2rec.errors import RecordError
from gpu_im2rec.loading import RecordDataset
from gpu_im2rec.loading.opening import open_part
from gpu_im2rec.loading.places import walked
from gpu_im2rec.loading.shards import Shards
from gpu_im2rec.recordio import unframe, unpack_header
from gpu_im2rec.recordio.framing import locate
from gpu_im2rec.recordio.image_record import read_image_record
from tests.fuzz.common import as_file, check_refusal
from tests.recordio.reference import MAGIC, unframe_slowly

_READ = 20  # records of an index, which may name the same ones again and again
_PARTS = 3


def dataset(data: bytes) -> None:
    """Any index beside any record file: the index is what stands before the first byte FF."""
    index, _, content = data.partition(b"\xff")
    path = as_file("d.rec", content)
    as_file("d.idx", index)
    try:
        opened = RecordDataset(path, decode=False)
    except RecordError as error:
        if "no records" not in str(error) and "does not fit" not in str(error):
            check_refusal(error)
        return
    for position in range(min(len(opened), _READ)):
        expected = _expected(content, int(opened._offsets[position]))
        try:
            found = opened[position]
        except RecordError as error:
            check_refusal(error)
            assert expected is None
        else:
            assert expected is not None
            assert found[0] == expected[0]
            assert str(found[1]) == str(expected[1])


def parts(data: bytes) -> None:
    """Without an index, the parts by bytes hold each record once, unless a payload holds what looks like a head."""
    path = as_file("p.rec", data)
    path.with_suffix(".idx").unlink(missing_ok=True)
    shards = Shards([path])
    borders = [len(data) * part // _PARTS for part in range(_PARTS + 1)]
    try:
        expected = walked(shards, 0, len(data)).tolist()
    except RecordError as error:
        check_refusal(error)
        return
    if _magics(data) != _parts(data):  # no writer leaves one in a payload; nothing tells it from a head
        return
    found = [walked(shards, *borders[part : part + 2]).tolist() for part in range(_PARTS)]
    assert sum(found, []) == expected  # noqa: RUF017 (three lists)
    if expected:
        _, offsets, order = open_part(path, None, 1, 0, 1)
        assert offsets.tolist() == expected
        assert sorted(order.numbers(2).tolist()) == list(range(len(expected)))


def image_record(data: bytes) -> None:
    """The quick way to read a record finds what the slow one does, at any offset."""
    for offset in range(0, min(len(data), 64), 3):
        expected = _expected(data, offset)
        try:
            found = read_image_record(memoryview(data), offset)
        except RecordError as error:
            check_refusal(error)
            assert expected is None
        else:
            assert expected is not None
            assert bytes(found.content) == expected[0]
            assert str(found.label) == str(expected[1])
            assert unpack_header(unframe(data, offset)[0])[0].index == found.id


def _magics(data: bytes) -> int:
    return sum(data.startswith(MAGIC, place) for place in range(0, len(data), 4))


def _parts(data: bytes) -> int:
    count = offset = 0
    while offset < len(data):
        spans, offset = locate(data, offset)
        count += len(spans)
    return count


def _expected(data: bytes, offset: int) -> tuple[bytes, object] | None:
    """Content and label of the image record at ``offset``, the slow way; None where there is none."""
    record = None if offset % 4 else unframe_slowly(data, offset)
    if record is None:
        return None
    try:
        header, content = unpack_header(record.payload)
    except RecordError:
        return None
    return bytes(content), header.labels if header.flag else header.label
