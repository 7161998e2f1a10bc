from gpu_im2rec import devices
from gpu_im2rec.gpu import probe
from gpu_im2rec.gpu.probe import Facts, Gpu
from gpu_im2rec.inspection import installation
from gpu_im2rec.transcode import Encoded, Failure, Reason


def checks():
    return {check.name: check for check in installation.examine()}


def test_this_installation_works():
    found = checks()
    assert all(check.ok for check in found.values() if check.required)
    assert "self-test passed" in found["CPU engine"].detail


def test_what_is_missing_is_told_with_the_command_that_mends_it(monkeypatch):
    monkeypatch.setattr(installation, "installed", lambda package: "")
    monkeypatch.setattr(probe, "look", lambda: Facts("linux", 12_080))
    found = checks()
    for name in ("simplejpeg", "imagecodecs", "cykooz-resizer", "OpenCV", "DALI", "CuPy", "NVRTC"):
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


H100 = Gpu(0, "NVIDIA H100", 80 << 30, "9.0")


def test_a_machine_without_a_gpu(monkeypatch):
    monkeypatch.setattr(probe, "look", lambda: Facts("linux"))
    found = checks()
    assert not found["NVIDIA driver"].ok
    assert "no NVIDIA driver" in found["GPU engine"].detail
    assert not any(check.required for check in found.values() if not check.ok)


def test_a_machine_with_a_gpu(monkeypatch, jpeg):
    class Engine:
        name = "gpu:0"

        def transcode(self, batches):
            for [source] in batches:
                assert source.data.startswith(b"\xff\xd8\xff"), "only JPEGs reach the device"
                yield [Encoded(jpeg)]

    choose = devices.choose
    monkeypatch.setattr(probe, "look", lambda: Facts("linux", 12_080, (H100,)))
    monkeypatch.setattr(probe, "jpeg_hardware", lambda: "7 x 4 cores")
    monkeypatch.setattr(
        devices, "choose", lambda *them: devices.Choice(Engine(), "") if them[1] == "gpu:0" else choose(*them)
    )
    found = checks()
    assert found["NVIDIA driver"].detail == "CUDA 12.8"
    assert found["GPU 0"].detail == "NVIDIA H100, 80 GiB, compute capability 9.0"
    assert found["JPEG hardware"].detail == "7 x 4 cores"
    assert "self-test passed" in found["GPU engine on 0"].detail


def test_a_gpu_whose_work_the_cpu_had_to_do(monkeypatch, jpeg):
    class Engine:
        name = "gpu:0"

        def transcode(self, batches):
            yield [Encoded(jpeg, "the device failed: CUDA error") for _ in batches]

    monkeypatch.setattr(devices, "choose", lambda *_: devices.Choice(Engine(), ""))
    check = installation._self_test("GPU engine", "gpu:0", jpeg, required=False)
    assert not check.ok
    assert check.detail == "the device failed: CUDA error"
