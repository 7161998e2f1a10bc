"""What the kernels' text and the host's code both say is the same: structs, sizes, flags."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pytest

from gpu_im2rec.gpu import jpeg_decoder, jpeg_encoder, jpeg_frame, jpeg_huffman, jpeg_layout, jpeg_tables, resizer
from gpu_im2rec.gpu.kernels import EXACT, source
from tests.gpu.host_kernels import HERE

STRUCTS = {
    "Jpeg": jpeg_layout.JPEG,
    "Component": jpeg_layout.JPEG["component"].base,
    "Picture": jpeg_encoder.PICTURE,
    "Resize": resizer._RESIZE,
    "Axis": resizer._AXIS,
}
SIZES = {"Table": jpeg_huffman._TABLE, "Segment": jpeg_huffman._SEGMENT, "Task": jpeg_huffman._TASK}
NUMBERS = {
    "CHUNK": jpeg_layout.CHUNK,
    "SUBSEQUENCE": 8 * jpeg_layout.SUBSEQUENCE_BYTES,
    "RAW_TABLE": jpeg_frame.TABLE_BYTES,
    "LOOK": jpeg_huffman._LOOK,
    "4 * CHUNK_WORDS": jpeg_encoder._CHUNK,
    "sizeof(Codes)": jpeg_tables.codes().nbytes,
}
FLAGS = {
    "NO_SUCH_CODE": "bits that are no code",
    "ENDS_EARLY": "ends early",
    "ODD_MARKER": "marker that is not due",
    "NOT_IN_STEP": "slow to fall in step",
    "LEFT_OVER": "something behind its code",
    "WILD_LEVELS": "levels that no encoder makes",
    "BAD_TABLE": "damaged Huffman table",
    "FILL_BYTES": "fill bytes in its code",
}


def claims():
    """As C++ has them."""
    for name, dtype in STRUCTS.items():
        yield f"sizeof({name}) == {dtype.itemsize}"
        yield from (f"offsetof({name}, {field}) == {dtype.fields[field][1]}" for field in dtype.names)
        yield from (f"sizeof({name}::{field}) == {dtype[field].itemsize}" for field in dtype.names)
    yield from (f"sizeof({name}) == {size}" for name, size in SIZES.items())
    yield from (f"{name} == {number}" for name, number in NUMBERS.items())
    for name, why in FLAGS.items():
        [flag] = [flag for flag, told in jpeg_decoder._FLAGS.items() if why in told]
        yield f"{name} == {flag}"
    assert len(FLAGS) == len(jpeg_decoder._FLAGS)


def test_structs_sizes_and_flags(tmp_path):
    if not shutil.which("g++"):
        pytest.skip("needs g++")
    text = "\n".join(f'static_assert({claim}, "");' for claim in claims())
    (tmp_path / "claims.cpp").write_text(f'#include "host_cuda.h"\n#include <cstddef>\n{source(EXACT)}\n{text}\n')
    command = ["g++", "-std=c++17", "-fsyntax-only", f"-I{HERE}", tmp_path / "claims.cpp"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_no_block_needs_more_room_than_there_is():
    """A DC and 63 coefficients, each of the longest code and the bits that follow it."""
    lengths = jpeg_tables.codes() & 255
    dc, ac = lengths[:24].reshape(2, 12), lengths[24:].reshape(2, 256)
    longest_dc = (dc + np.arange(12)).max()
    longest_ac = np.where(ac, ac + np.arange(256) % 16, 0).max()
    assert 8 * (jpeg_encoder._MOST_A_BLOCK - 1) < longest_dc + 63 * longest_ac <= 8 * jpeg_encoder._MOST_A_BLOCK
