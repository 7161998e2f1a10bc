"""`pack --exact`: one file on any machine. The kernels are built for the host; all else is a GPU's run."""

from __future__ import annotations

from dataclasses import replace

import pytest

import gpu_im2rec.gpu
from cpu_fallback.transcoder import Transcoder
from gpu_im2rec import PackOptions, RecordReader, TranscodeSpec, devices, pack
from gpu_im2rec.devices import GpuTuning
from gpu_im2rec.errors import ResumeError
from gpu_im2rec.gpu import ExactDevice, Limits, exact_engine
from tests.conftest import encoded
from tests.cpu.test_im2rec_parity import im2rec

EXACT = GpuTuning(batch_size=2, exact=True)


@pytest.fixture
def gpu(host, monkeypatch):
    """A GPU's exact engine, as far as a machine without one can have it."""

    def open_exact_engine(spec, number, rescue, batch_size):
        device, limits = ExactDevice(spec, host.kernels), Limits(batch_size, 1 << 30)
        return exact_engine(spec, device, rescue, limits, f"gpu:{number} exact")

    monkeypatch.setattr(gpu_im2rec.gpu, "open_exact_engine", open_exact_engine)
    monkeypatch.setattr(devices, "why_no_gpu", lambda number=0: "")


@pytest.fixture
def photographs(folder, photo_files, photo):
    """All photographs as JPEGs, and two kinds that the device does not take."""
    from PIL import Image

    for number, path in enumerate(photo_files):
        image = Image.open(path).convert("RGB")
        folder.add(f"{number:03}.jpg", encoded(image, "jpeg", quality=80 + number % 20, subsampling=number % 3))
    folder.add("progressive.jpg", encoded(photo, "jpeg", progressive=True))
    folder.add("picture.png", encoded(photo, "png"))
    return folder


def files_of(folder, name, **options):
    out = folder.out.with_name(name)
    report = pack(folder.list, folder.root, out, PackOptions(**options))
    return [out.with_suffix(suffix).read_bytes() for suffix in (".rec", ".idx")], report


@pytest.mark.parametrize("interp", ["linear", "antialias"])
def test_the_file_is_the_cpus(gpu, photographs, interp):
    spec = TranscodeSpec(resize=160, interp=interp)
    found, report = files_of(photographs, "gpu.rec", transcode=spec, device="gpu", gpu=EXACT)
    expected, _ = files_of(photographs, "cpu.rec", transcode=spec, device="cpu")
    assert found == expected
    assert (report.engine, report.note, report.failed) == ("gpu:0 exact", "", 0)
    assert report.rescued == {"another kind than baseline": 1, "not a JPEG": 1}


def test_the_records_are_im2recs(gpu, photographs):
    """OpenCV does im2rec.py's steps."""
    spec = TranscodeSpec(resize=160, center_crop=True, interp="linear")
    files_of(photographs, "gpu.rec", transcode=spec, device="gpu", gpu=EXACT)
    names = [line.split("\t")[2] for line in photographs.lines]
    with RecordReader(photographs.out.with_name("gpu.rec")) as records:
        assert len(records) == len(names)
        for record, name in zip(records, names, strict=True):
            content = (photographs.root / name).read_bytes()
            assert record.content == im2rec(content, color=1, resize=160, crop=True), name


def test_without_the_simd_filter_the_file_is_the_same(gpu, photographs, monkeypatch):
    spec = TranscodeSpec(resize=160)
    found, _ = files_of(photographs, "gpu.rec", transcode=spec, device="gpu", gpu=EXACT)
    monkeypatch.setattr("cpu_fallback.antialias.simd", None)
    assert files_of(photographs, "cpu.rec", transcode=spec, device="cpu")[0] == found


@pytest.mark.parametrize(("first", "second"), [("gpu", "cpu"), ("cpu", "gpu")])
def test_a_run_goes_on_on_another_device(gpu, photographs, monkeypatch, first, second):
    options = {"transcode": TranscodeSpec(resize=64), "gpu": EXACT, "checkpoint_seconds": 0, "workers": 1}
    whole, _ = files_of(photographs, "whole.rec", device=second, **options)
    missing = photographs.root / "010.jpg"
    hidden = missing.rename(missing.with_suffix(".hidden"))
    with pytest.raises(Exception, match="010"):
        files_of(photographs, "out.rec", device=first, on_error="fail", **options)
    hidden.rename(missing)
    without = options | {"gpu": replace(EXACT, exact=False)}
    with pytest.raises(ResumeError, match="engine was exact, is cpu"):
        files_of(photographs, "out.rec", device="cpu", resume=True, **without)
    found, report = files_of(photographs, "out.rec", device=second, resume=True, **options)
    assert found == whole
    assert report.resumed_at > 0


def test_a_device_that_decodes_nothing_does_not_start(host, monkeypatch):
    """The tiny picture that goes through first shows it."""
    monkeypatch.setattr(host.kernels, "launch", lambda name, threads, *arguments: None)
    with pytest.raises((RuntimeError, MemoryError)):
        ExactDevice(TranscodeSpec(resize=8), host.kernels)


def test_what_the_device_flags_is_decoded_by_the_cpu(gpu, folder, jpeg, monkeypatch):
    damaged = jpeg[: len(jpeg) // 2] + b"\0\0\0" + jpeg[len(jpeg) // 2 :]
    folder.add("whole.jpg", jpeg)
    folder.add("damaged.jpg", damaged)
    asked = []
    transcode = Transcoder.transcode
    monkeypatch.setattr(
        Transcoder, "transcode", lambda self, source: asked.append(source.data) or transcode(self, source)
    )
    spec = TranscodeSpec(resize=64)
    found, _ = files_of(folder, "gpu.rec", transcode=spec, device="gpu", gpu=EXACT, workers=1)
    assert asked == [damaged]
    assert files_of(folder, "cpu.rec", transcode=spec, device="cpu", workers=1)[0] == found
