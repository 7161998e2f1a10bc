import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_im2rec.errors import RecordError
from gpu_im2rec.recordio import pack_header, unpack_header
from gpu_im2rec.recordio.block import Run
from gpu_im2rec.recordio.headers import read_headers
from gpu_im2rec.recordio.salvage import salvage

from .reference import frame_slowly

MAGIC_LABEL = float(np.array([0xCED7230A], np.uint32).view(np.float32)[0])
labels = st.lists(st.floats(width=32, allow_nan=False) | st.just(MAGIC_LABEL), min_size=1, max_size=5)
indices = st.integers(0, 2**64 - 1) | st.just(0xCED7230A)
images = st.builds(
    lambda index, values, packed, content: pack_header(index, values, packed=packed) + content,
    indices, labels, st.booleans(), st.binary(max_size=9),
)  # fmt: skip
others = st.binary(max_size=30)


@given(st.lists(images | others, min_size=1, max_size=8))
def test_columns_hold_what_is_read_one_by_one(tmp_path_factory: pytest.TempPathFactory, payloads: list[bytes]) -> None:
    path = tmp_path_factory.getbasetemp() / "headers.rec"
    path.write_bytes(b"".join(map(frame_slowly, payloads)))
    runs = [piece for piece in salvage(path) if isinstance(piece, Run)]
    found = []
    for run in runs:
        headers = read_headers(run)
        ends = np.cumsum(headers.counts)
        for row in range(len(run)):
            values = headers.labels[ends[row] - headers.counts[row] : ends[row]].tobytes()
            found.append((headers.fits[row], headers.ids[row], headers.flags[row], headers.sizes[row], values))
    assert found == list(map(one_by_one, payloads))


def one_by_one(payload: bytes) -> tuple[bool, int, int, int, bytes]:
    try:
        header, _ = unpack_header(payload)
    except RecordError:
        return False, 0, 0, 0, b""
    return True, header.index, header.flag, header.size, header.labels.tobytes()
