from typing import Any, NamedTuple

import numpy as np
import pytest

from gpu_im2rec.gpu.jpeg_encoder import Pixels
from gpu_im2rec.gpu.kernels import EXACT, CudaKernels, Kernels
from tests.gpu.host_kernels import HostKernels


class Place(NamedTuple):
    """Where a graph and kernels run."""

    kernels: Kernels
    device_id: int | None  # as graphs have it

    def described(self, array: np.ndarray, components: int | None = None) -> tuple[Pixels, Any]:
        """``array`` (HWC) brought to this place, and what keeps it there."""
        height, width, channels = array.shape
        with self.kernels.here():
            there = self.kernels.arrays.array(array)
        address = there.ctypes.data if self.device_id is None else there.data.ptr
        return Pixels(address, width, height, channels, components or channels), there

    def fetched(self, pixels: Pixels) -> np.ndarray:
        """The (H, W, C) pixels, brought to the host."""
        shape = pixels.height, pixels.width, pixels.channels
        interface = {"data": (pixels.address, True), "shape": shape, "typestr": "|u1", "version": 3}
        if self.device_id is None:
            return np.array(type("There", (), {"__array_interface__": interface})())
        with self.kernels.here():
            return self.kernels.arrays.asarray(type("There", (), {"__cuda_array_interface__": interface})()).get()


@pytest.fixture(scope="session")
def host(tmp_path_factory):
    """Kernels built for the host, graphs on the CPU: the same text, the same graph."""
    return Place(HostKernels(EXACT, tmp_path_factory.mktemp("kernels")), None)


@pytest.fixture(params=["host", pytest.param("gpu", marks=pytest.mark.gpu)])
def place(request):
    """The host everywhere, and GPU 0 where there is one."""
    return request.getfixturevalue("host") if request.param == "host" else Place(CudaKernels(EXACT, 0), 0)
