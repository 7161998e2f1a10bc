"""What stands in the GPU's way is told for every machine, with what would mend it."""

import ctypes

import pytest

from gpu_im2rec.gpu import probe
from gpu_im2rec.gpu.probe import Facts, Gpu, obstacle

H100 = Gpu(0, "NVIDIA H100", 80 << 30, "9.0")
GOOD = Facts("linux", 12_080, (H100,))


def test_nothing_stands_in_the_way_of_a_good_machine():
    assert obstacle(GOOD, 0) == ""


@pytest.mark.parametrize(
    ("facts", "said", "mended"),
    [
        (Facts("darwin"), "Linux only", ""),
        (Facts("linux"), "no NVIDIA driver", "install its driver"),
        (Facts("linux", 11_040, (H100,)), "CUDA 11.4", "newer driver"),
        (Facts("linux", 12_080, (), (), "cuInit gives error 100"), "no GPU (cuInit gives error 100)", "nvidia-smi -L"),
        (Facts("linux", 12_080, (H100,), ("DALI",)), "DALI is not installed", "pip install 'gpu-im2rec[gpu]'"),
        (Facts("linux", 12_080, (H100,), ("DALI", "CuPy")), "DALI and CuPy are not", "pip install 'gpu-im2rec[gpu]'"),
    ],
)
def test_each_obstacle_is_one_line_with_what_mends_it(facts, said, mended):
    told = obstacle(facts, 0)
    assert said in told
    assert mended in told
    assert "\n" not in told


def test_a_gpu_that_is_not_there():
    assert "no GPU 1: they are numbered 0 … 0" in obstacle(GOOD, 1)


def test_hidden_gpus_are_told(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert "CUDA_VISIBLE_DEVICES is ''" in obstacle(Facts("linux", 12_080), 0)


class FakeDriver:
    """Two GPUs behind the driver's C interface."""

    def __init__(self, fails=0):
        self.fails = fails

    def cuDriverGetVersion(self, version):
        version._obj.value = 12_080
        return 0

    def cuInit(self, _):
        return self.fails

    def cuDeviceGetCount(self, count):
        count._obj.value = 2
        return 0

    def cuDeviceGet(self, device, number):
        device._obj.value = number
        return 0

    def cuDeviceGetName(self, name, _size, device):
        name.value = b"NVIDIA H%d00" % (device.value + 1)
        return 0

    def cuDeviceTotalMem_v2(self, memory, device):
        memory._obj.value = (device.value + 1) << 30
        return 0

    def cuDeviceGetAttribute(self, value, attribute, _device):
        value._obj.value = {75: 9, 76: 0}[attribute]
        return 0


def test_the_driver_is_asked(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: FakeDriver())
    found = probe.look()
    assert found.driver == 12_080
    assert found.gpus == (Gpu(0, "NVIDIA H100", 1 << 30, "9.0"), Gpu(1, "NVIDIA H200", 2 << 30, "9.0"))


def test_a_driver_that_does_not_start(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: FakeDriver(fails=100))
    assert probe.look().gpus == ()
    assert "100" in probe.look().complaint


def test_no_driver_and_no_packages(monkeypatch):
    def none(name):
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", none)
    monkeypatch.setattr(probe, "_installed", lambda module: False)
    found = probe.look()
    assert (found.driver, found.gpus, found.missing) == (0, (), ("DALI", "CuPy"))
    assert probe.jpeg_hardware() == ""


def test_the_hardware_decoder_is_told(monkeypatch):
    class NvJpeg:
        engines = 7

        def nvjpegCreateSimple(self, handle):
            return 0

        def nvjpegGetHardwareDecoderInfo(self, handle, engines, cores):
            engines._obj.value, cores._obj.value = self.engines, 4
            return 0

        def nvjpegDestroy(self, handle):
            return 0

    pytest.importorskip("nvidia.nvjpeg")
    monkeypatch.setattr(ctypes, "CDLL", lambda name: NvJpeg())
    assert probe.jpeg_hardware() == "7 x 4 cores"
    NvJpeg.engines = 0
    assert "CUDA cores" in probe.jpeg_hardware()
