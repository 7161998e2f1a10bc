"""NVIDIA's own compiler takes the kernels, for every generation of devices; it needs no device for that."""

import pytest

from gpu_im2rec.gpu.kernels import COMPILE_OPTIONS, source

nvrtc = pytest.importorskip("cupy").cuda.nvrtc


@pytest.mark.parametrize("architecture", ["sm_70", "sm_80", "sm_90", "sm_100"])
@pytest.mark.parametrize("file", ["jpeg_encode.cu"])
def test_the_kernels_compile(file, architecture):
    program = nvrtc.createProgram(source(file), file, (), ())
    try:
        nvrtc.compileProgram(program, [*COMPILE_OPTIONS, f"-arch={architecture}"])
    except nvrtc.NVRTCError:
        pytest.fail(nvrtc.getProgramLog(program))
    binary = nvrtc.getCUBIN(program)
    assert b"write_bits" in binary
