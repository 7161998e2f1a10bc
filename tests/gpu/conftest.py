import pytest

from gpu_im2rec.gpu.jpeg_encoder import KERNEL_FILE
from tests.gpu.host_kernels import HostKernels


@pytest.fixture(scope="session")
def kernels(tmp_path_factory):
    """The encoder's kernels, built for the host."""
    return HostKernels(KERNEL_FILE, tmp_path_factory.mktemp("kernels"))
