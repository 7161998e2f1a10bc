"""The index file."""

from gpu_im2rec.errors import RecordError
from gpu_im2rec.recordio import index as module
from gpu_im2rec.recordio import read_index
from tests.fuzz.common import as_file, check_refusal


def index(data: bytes) -> None:
    """Lines are read as the reference reads them, wherever a block of the file ends."""
    path = as_file("c.idx", data)
    expected = _rows(data)
    usual = module._BLOCK_BYTES
    for module._BLOCK_BYTES in (usual, 20):
        try:
            found = read_index(path)
        except RecordError as error:
            check_refusal(error)
            assert f"line {expected}: " in str(error)
        else:
            assert list(zip(found.keys.tolist(), found.offsets.tolist(), strict=True)) == expected
    module._BLOCK_BYTES = usual


def _rows(data: bytes) -> list[tuple[int, int]] | int:
    """Keys and offsets, or the number of the first line that is wrong."""
    rows = []
    for number, line in enumerate(data.split(b"\n"), 1):
        if len(line) > 256:
            return number
        if not line.strip():
            continue
        words = line.removesuffix(b"\r").replace(b"\t", b" ").split(b" ")
        words = [word for word in words if word]
        if len(words) != 2 or any(len(word) > 20 or not word.isdigit() or int(word) >= 2**64 for word in words):
            return number
        rows.append((int(words[0]), int(words[1])))
    return rows
