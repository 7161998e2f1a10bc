"""NVIDIA's own compiler takes the kernels, for every generation of devices; it needs no device for that."""

import pytest

from gpu_im2rec.gpu.kernels import COMPILE_OPTIONS, EXACT, source

KERNELS = (
    "transform", "count_bits", "write_bits", "count_ff", "measure", "stuff", "build_tables", "count_bytes",
    "find_markers", "lay_out_segments", "unstuff", "guess", "synchronise", "write_coefficients", "inverse_dct",
    "write_pixels",
    "resize_linear", "weigh", "quantise_weights", "filter_columns", "filter_rows",
)  # fmt: skip

nvrtc = pytest.importorskip("cupy").cuda.nvrtc


@pytest.mark.parametrize("architecture", ["sm_70", "sm_75", "sm_80", "sm_89", "sm_90", "sm_100"])
def test_the_kernels_compile(architecture):
    """And keep what they work on in registers: an array with a place in memory is read from there again and again."""
    program = nvrtc.createProgram(source(EXACT), "kernels.cu", (), ())
    try:
        nvrtc.compileProgram(program, [*COMPILE_OPTIONS, f"-arch={architecture}"])
    except nvrtc.NVRTCError:
        pytest.fail(nvrtc.getProgramLog(program))
    binary = nvrtc.getCUBIN(program)
    assert all(name.encode() in binary for name in KERNELS)
    assert b".local" not in nvrtc.getPTX(program)
