"""Which engine is chosen, and what is said about it, on every kind of machine."""

import pytest

import cpu_fallback
import gpu_im2rec.gpu
from cpu_fallback import CpuEngine
from cpu_fallback.loader import CpuLoader
from gpu_im2rec import devices
from gpu_im2rec.devices import GpuTuning, choose, choose_loader
from gpu_im2rec.errors import DeviceError, UsageError
from gpu_im2rec.transcode import TranscodeSpec
from gpu_im2rec.transcode.loading import TensorSpec
from gpu_im2rec.transcode.passthrough import PassThroughEngine

SPEC = TranscodeSpec(resize=48)
TENSORS = TensorSpec(3, 32, 32)


@pytest.fixture
def with_gpus(monkeypatch):
    """Two GPUs that work; gives what engines and loaders were opened with."""
    opened = []

    class Opened:
        def __init__(self, spec, number, rescue, *tuning):
            self.name = f"gpu:{number}"
            opened.append((number, *tuning))

    monkeypatch.setattr(devices, "why_no_gpu", lambda number=0: "" if number < 2 else f"there is no GPU {number}")
    monkeypatch.setattr(gpu_im2rec.gpu, "open_engine", Opened)
    monkeypatch.setattr(gpu_im2rec.gpu, "open_exact_engine", Opened)
    monkeypatch.setattr(gpu_im2rec.gpu, "open_loader", Opened)
    return opened


def test_auto_takes_the_gpu_where_it_works(with_gpus):
    choice = choose(SPEC, "auto", 2)
    assert (choice.engine.name, choice.note) == ("gpu:0", "")
    assert choose(SPEC, "gpu:1", 2, GpuTuning(64, 3, 0.5)).engine.name == "gpu:1"
    assert with_gpus[1] == (1, 64, 3, 0.5, 4096)


def test_auto_says_in_one_line_why_it_takes_the_cpu():
    choice = choose(SPEC, "auto", 2)
    assert isinstance(choice.engine, CpuEngine)
    assert choice.note == "on the CPU: no NVIDIA driver"


def test_the_cpu_that_was_asked_for_needs_no_words(with_gpus):
    choice = choose(SPEC, "cpu", 2)
    assert isinstance(choice.engine, CpuEngine)
    assert choice.note == ""
    assert with_gpus == []


@pytest.mark.parametrize("device", ["gpu", "gpu:0"])
def test_a_gpu_that_was_asked_for_and_cannot_be_had_is_an_error(device):
    with pytest.raises(DeviceError, match=f"--device {device} cannot be used: no NVIDIA driver.*--device cpu"):
        choose(SPEC, device, 2)


def test_a_gpu_beyond_the_last_is_an_error(with_gpus):
    with pytest.raises(DeviceError, match="no GPU 2"):
        choose(SPEC, "gpu:2", 2)


@pytest.mark.parametrize("error", [ImportError("libcudart"), RuntimeError("CUDA error 3"), MemoryError("full")])
def test_an_engine_that_does_not_start(with_gpus, monkeypatch, error):
    def broken(*_):
        raise error

    monkeypatch.setattr(gpu_im2rec.gpu, "open_engine", broken)
    choice = choose(SPEC, "auto", 2)
    assert isinstance(choice.engine, CpuEngine)
    assert f"did not start: {error}" in choice.note
    assert "doctor" in choice.note
    with pytest.raises(DeviceError, match="did not start"):
        choose(SPEC, "gpu", 2)


@pytest.mark.parametrize(
    ("options", "said"),
    [({"encoding": "png"}, "PNG"), ({"interp": "cubic"}, "cubic"), ({"interp": "random"}, "random")],
)
def test_what_the_device_does_not_do_as_asked_is_the_cpus_and_is_told(with_gpus, options, said):
    for device in ("auto", "gpu"):
        choice = choose(TranscodeSpec(**options), device, 2)
        assert isinstance(choice.engine, CpuEngine)
        assert said in choice.note
    assert with_gpus == []


def test_linear_on_the_gpu_is_not_im2recs_very_bytes_and_says_so(with_gpus):
    linear = TranscodeSpec(interp="linear")
    assert choose(linear, "auto", 2).note.endswith("for its very bytes add --exact")
    assert choose(linear, "auto", 2, GpuTuning(exact=True)).note == ""
    assert choose(linear, "auto", 2, GpuTuning(decoder="exact")).note == ""


@pytest.mark.parametrize("tuning", [GpuTuning(64, decoder="exact"), GpuTuning(64, exact=True)])
def test_the_exact_engine_is_opened_where_it_is_asked_for(with_gpus, tuning):
    choose(SPEC, "gpu:1", 2, tuning)
    assert with_gpus == [(1, 64)]


def test_auto_is_dali_until_a_device_was_measured(with_gpus):
    choose(SPEC, "gpu", 2, GpuTuning(decoder="auto"))
    choose(SPEC, "gpu", 2, GpuTuning(decoder="dali"))
    assert [len(opened) for opened in with_gpus] == [5, 5]


def test_isolation_is_the_cpu_engines_and_a_gpu_says_so(with_gpus, monkeypatch):
    asked = []
    monkeypatch.setattr(cpu_fallback, "isolated", lambda spec: asked.append(spec))
    assert choose(SPEC, "cpu", 2, isolate=True).note == ""
    note = choose(SPEC, "gpu", 2, isolate=True).note
    assert note.startswith("--isolate covers what the CPU decodes")
    assert choose(TranscodeSpec(interp="linear"), "gpu", 2, isolate=True).note.endswith(f"; {note}")
    assert len(asked) == 3
    choose(SPEC, "gpu", 2)
    assert len(asked) == 3


def test_pass_through_needs_no_device():
    assert isinstance(choose(TranscodeSpec(pass_through=True), "gpu", 1).engine, PassThroughEngine)


@pytest.mark.parametrize("device", ["", "tpu", "gpu:", "gpu:x", "GPU", "cpu:1", "gpu:1234"])
def test_other_words_are_refused(device):
    with pytest.raises(UsageError, match="auto, cpu, gpu"):
        choose(SPEC, device, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"batch_size": 0},
        {"decode_threads": 0},
        {"hw_decoder_load": 1.1},
        {"decoder": "nvjpeg"},
        {"decoder": "dali", "exact": True},
    ],
)
def test_tuning_out_of_range_is_refused(wrong):
    with pytest.raises(UsageError, match="--"):
        GpuTuning(**wrong)


def test_auto_takes_the_gpus_loader_where_it_works(with_gpus):
    choice = choose_loader(TENSORS, "auto", 2, 64)
    assert (choice.loader.name, choice.note) == ("gpu:0", "")
    assert choose_loader(TENSORS, "gpu:1", 100, 64).loader.name == "gpu:1"
    assert with_gpus == [(0, 64, 2, 0.9), (1, 64, 16, 0.9)]


def test_the_cpus_loader_is_chosen_as_its_engine_is(with_gpus, monkeypatch):
    def chosen(device, spec=TENSORS):
        choice = choose_loader(spec, device, 2, 64)
        assert isinstance(choice.loader, CpuLoader)
        return choice.note

    assert chosen("cpu") == ""
    rgba = TensorSpec(4, 32, 32)
    assert (
        chosen("gpu", rgba)
        == chosen("auto", rgba)
        == ("on the CPU: pictures with an alpha channel are decoded on the CPU only")
    )
    assert with_gpus == []

    def broken(*_):
        raise RuntimeError("CUDA error 3")

    monkeypatch.setattr(gpu_im2rec.gpu, "open_loader", broken)
    assert "did not start: CUDA error 3" in chosen("auto")
    monkeypatch.setattr(devices, "why_no_gpu", lambda number=0: "no NVIDIA driver")
    assert chosen("auto") == "on the CPU: no NVIDIA driver"
    with pytest.raises(DeviceError, match="--device gpu cannot be used: no NVIDIA driver"):
        chosen("gpu")
    with pytest.raises(UsageError, match="auto, cpu, gpu"):
        chosen("tpu")
