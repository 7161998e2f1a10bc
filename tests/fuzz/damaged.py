"""What goes on after damage: any bytes are a damaged file, and nothing about them may raise."""

from gpu_im2rec.errors import RecordError
from gpu_im2rec.inspection import repair, verify
from gpu_im2rec.recordio import iter_records, read_checksums
from gpu_im2rec.recordio import salvage as module
from gpu_im2rec.recordio.block import Run
from tests.fuzz.common import as_file, check_refusal
from tests.recordio.reference import frame_slowly, unframe_slowly


def salvaged(data: bytes) -> None:
    """Every byte comes once, records are what the reference reads, and a whole file has no gaps."""
    path = as_file("d.rec", data)
    usual = module._BLOCK_BYTES
    for module._BLOCK_BYTES in (usual, 16):
        end, gaps = 0, 0
        for piece in module.salvage(path):
            if not isinstance(piece, Run):
                assert piece.start == end < piece.end
                end, gaps = piece.end, gaps + 1
                continue
            for row, offset in enumerate(piece.offsets.tolist()):
                assert offset == end
                end = int(piece.ends[row])
                found = unframe_slowly(data[offset:], 0)
                assert (bytes(piece.payload(row)), end - offset) == (found.payload, found.end)
        assert end == len(data)
        assert gaps or not data or _is_whole(data)
        assert not gaps or not _is_whole(data)
    module._BLOCK_BYTES = usual


def _is_whole(data: bytes) -> bool:
    """Records in the canonical form; bytes of padding may be any but a magic's."""
    offset = 0
    while offset < len(data):
        found = unframe_slowly(data, offset)
        if found is None or len(frame_slowly(found.payload)) != found.end - offset:
            return False
        offset = found.end
    return True


def verified(data: bytes) -> None:
    """A verification reports and does not raise; what is repaired has no damage, and a whole file is not changed."""
    index, _, content = data.partition(b"\xff")
    path, fixed = as_file("e.rec", content), as_file("f.rec", b"")
    as_file("e.idx", index)
    report = verify(path)
    assert bool(report.problems) == (report.exit_code == 4)
    try:
        repaired = repair(path, fixed, overwrite=True)
    except RecordError as error:
        check_refusal(error)
        assert not report.records or report.problems
        return
    assert repaired.records == len(list(iter_records(fixed)))
    kinds = {str(finding.kind) for finding in verify(fixed).problems}
    assert not kinds & {"damage", "shifted record", "padding", "index", "not in the index", "points nowhere"}
    if not repaired.left_out and "padding" not in {str(finding.kind) for finding in report.problems}:
        assert fixed.read_bytes() == content


def checksums(data: bytes) -> None:
    """Lines are read to the first that is wrong; those before are what they say."""
    path = as_file("g.crc", data)
    found = []
    try:
        for line in read_checksums(path):
            found.append(line)  # noqa: PERF402 (those before an error count)
    except RecordError as error:
        check_refusal(error)
        assert f"line {len(found) + 1}: " in str(error)
    texts = [line.rstrip(b"\r") for line in data.split(b"\n")[: len(found)]]
    assert [text.lstrip(b"0") for text in texts] == [(b"%d\t%016x" % line).lstrip(b"0") for line in found]
