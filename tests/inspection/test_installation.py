import ctypes

import pytest

from gpu_im2rec import devices
from gpu_im2rec.inspection import installation
from gpu_im2rec.transcode import Failure, Reason


def checks():
    return {check.name: check for check in installation.examine()}


def test_this_installation_works():
    found = checks()
    assert all(check.ok for check in found.values() if check.required)
    assert "self-test passed" in found["CPU engine"].detail
    assert not found["GPU engine"].ok
    assert "no GPU engine" in found["GPU engine"].detail


def test_what_is_missing_is_told_with_the_command_that_mends_it(monkeypatch):
    monkeypatch.setattr(installation, "_version", lambda package: "")
    monkeypatch.setattr(installation, "_cuda_driver", lambda: "CUDA 12.8")
    found = checks()
    for name in ("simplejpeg", "imagecodecs", "cykooz-resizer", "OpenCV", "nvidia-dali-cuda120", "cupy-cuda12x"):
        assert not found[name].ok
        assert found[name].advice.startswith("pip install")


def test_an_engine_that_does_not_load_is_told(monkeypatch):
    def broken(*_):
        raise ImportError("libjpeg.so: cannot open shared object file")

    monkeypatch.setattr(devices, "choose", broken)
    engine = checks()["CPU engine"]
    assert not engine.ok
    assert "libjpeg.so" in engine.detail


def test_an_engine_that_fails_is_told(monkeypatch):
    class Broken:
        def transcode(self, batches):
            yield [Failure(Reason.CORRUPT, "bad build")]

    monkeypatch.setattr(devices, "choose", lambda *_: devices.Choice(Broken(), ""))
    assert "bad build" in checks()["CPU engine"].detail


@pytest.mark.parametrize(("code", "version", "said"), [(0, 12080, "CUDA 12.8"), (100, 0, "")])
def test_the_driver_says_its_version(monkeypatch, code, version, said):
    class Driver:
        def cuDriverGetVersion(self, number):
            number._obj.value = version
            return code

    monkeypatch.setattr(ctypes, "CDLL", lambda name: Driver())
    monkeypatch.setattr(installation.sys, "platform", "linux")
    assert installation._cuda_driver() == said
    monkeypatch.setattr(installation.sys, "platform", "darwin")
    assert installation._cuda_driver() == ""
