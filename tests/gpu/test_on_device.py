"""What only a GPU can show: memory, determinism over threads, the command, and other readers."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import warnings

import numpy as np
import pytest
from PIL import Image

from benchmarks.corpora import CORPORA, picture_files
from gpu_im2rec import PackOptions, RecordReader, TranscodeSpec, devices, pack
from gpu_im2rec.devices import GpuTuning
from gpu_im2rec.inspection import examine
from gpu_im2rec.loading import ImageRecordIter
from gpu_im2rec.transcode import Encoded, Source
from gpu_im2rec.transcode.loading import Sample, TensorSpec

pytestmark = pytest.mark.gpu

SPEC = TranscodeSpec(resize=256)
DAMAGE = {
    "cut at half": lambda jpeg: jpeg[: len(jpeg) // 2],
    "cut in its header": lambda jpeg: jpeg[:300],
    "without its end": lambda jpeg: jpeg[:-2],
    "without code": lambda jpeg: jpeg[: jpeg.index(b"\xff\xda") + 14] + b"\xff\xd9",
    "without Huffman tables": lambda jpeg: jpeg.replace(b"\xff\xc4", b"\xff\xfe"),
    "flipped bits": lambda jpeg: jpeg[:20_000] + bytes(byte ^ 0x41 for byte in jpeg[20_000:20_100]) + jpeg[20_100:],
    "wrong size": lambda jpeg: (at := jpeg.index(b"\xff\xc0") + 5) and jpeg[:at] + b"\x10\0" + jpeg[at + 2 :],
}


@pytest.fixture(scope="module")
def photos():
    return list(picture_files(CORPORA["small"], 60))


@pytest.fixture
def gpu_folder(folder, photos):
    """A thousand lines over sixty pictures."""
    for number, data in enumerate(photos):
        folder.add(f"{number}.jpg", data)
    for number in range(len(photos), 1000):
        folder.lines.append(f"{number}\t0\t{number % len(photos)}.jpg")
    folder.add_line("1000\t0\t0.jpg")
    return folder


def packed(folder, name, **options):
    out = folder.out.with_name(name)
    report = pack(folder.list, folder.root, out, PackOptions(**{"transcode": SPEC, "device": "gpu"} | options))
    return out.read_bytes(), report


def free_memory():
    import cupy

    return cupy.cuda.runtime.memGetInfo()[0]


def test_the_same_list_gives_the_same_bytes(gpu_folder):
    first, report = packed(gpu_folder, "a.rec")
    assert (report.packed, report.rescued, report.engine) == (1001, {}, "gpu:0")
    for number, threads in enumerate((1, 3, 16)):
        again, _ = packed(gpu_folder, f"b{number}.rec", gpu=GpuTuning(decode_threads=threads))
        assert again == first


def test_the_pictures_are_the_cpu_engines(gpu_folder):
    packed(gpu_folder, "gpu.rec")
    packed(gpu_folder, "cpu.rec", device="cpu")
    likeness = []
    with (
        RecordReader(gpu_folder.out.with_name("gpu.rec")) as ours,
        RecordReader(gpu_folder.out.with_name("cpu.rec")) as theirs,
    ):
        assert len(ours) == len(theirs) == 1001
        for one, other in zip(ours[:60], theirs[:60], strict=True):
            mine, yours = (np.asarray(Image.open(io.BytesIO(record.content))).astype(float) for record in (one, other))
            assert mine.shape == yours.shape
            likeness.append(10 * np.log10(255**2 / max(np.mean((mine - yours) ** 2), 1e-9)))
    assert np.mean(likeness) >= 42, "two JPEG encodings of pixels that differ by rounding"
    assert min(likeness) >= 36


@pytest.mark.parametrize("interp", ["linear", "antialias"])
def test_an_exact_file_is_the_cpus(gpu_folder, interp):
    options = {"transcode": TranscodeSpec(resize=256, interp=interp), "gpu": GpuTuning(exact=True)}
    found, report = packed(gpu_folder, "gpu.rec", **options)
    expected, _ = packed(gpu_folder, "cpu.rec", **options | {"device": "cpu"})
    assert found == expected
    assert (report.engine, report.packed, report.rescued) == ("gpu:0 exact", 1001, {})


def test_damaged_files_cost_their_own_records_only(folder, photos):
    for number, data in enumerate(photos[:40]):
        folder.add(f"{number}.jpg", data)
    for name, make in DAMAGE.items():
        folder.add(f"{name}.jpg", make(photos[0]))
    _, gpu = packed(folder, "gpu.rec", gpu=GpuTuning(batch_size=16))
    _, cpu = packed(folder, "cpu.rec", device="cpu")
    assert gpu.packed >= 40
    assert gpu.packed + gpu.failed == cpu.packed + cpu.failed == 40 + len(DAMAGE)


def test_without_device_memory_the_run_goes_on(gpu_folder):
    import cupy

    expected, _ = packed(gpu_folder, "a.rec")
    engine = devices.choose(SPEC, "gpu", 4).engine
    hogs = []
    try:
        while free_memory() > 64 << 20:
            hogs.append(cupy.cuda.runtime.malloc(min(free_memory() - (32 << 20), 4 << 30)))
        sources = [Source(0, (gpu_folder.root / f"{number % 60}.jpg").read_bytes()) for number in range(600)]
        results = [result for batch in engine.transcode([sources]) for result in batch]
    finally:
        for hog in hogs:
            cupy.cuda.runtime.free(hog)
    assert len(results) == 600
    assert all(isinstance(result, Encoded) for result in results)
    again, report = packed(gpu_folder, "b.rec")
    assert (again, report.rescued) == (expected, {}), "and the next run is as good as new"


def test_ten_thousand_pictures_need_no_more_memory_than_two_thousand(photos):
    engine = devices.choose(SPEC, "gpu", 4).engine

    def run(count):
        sources = (Source(number, photos[number % 60]) for number in range(count))
        for batch in engine.transcode([source] for source in sources):
            assert isinstance(batch[0], Encoded)
        return free_memory()

    after_two_thousand = run(2000)
    assert after_two_thousand - run(10_000) < 64 << 20


TENSORS = TensorSpec(3, 224, 224, resize=256, mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375))


def batches_of(photos, count):
    samples = [Sample(data, (0.3, 0.8), number % 2 == 1) for number, data in enumerate(photos)]
    return [samples[:32], samples[28:]] * count


def test_the_iterator_gives_the_cpus_numbers(gpu_folder):
    packed(gpu_folder, "a.rec", transcode=TranscodeSpec(pass_through=True))
    options = {
        "path_imgrec": gpu_folder.out.with_name("a.rec"),
        "data_shape": (3, 224, 224),
        "batch_size": 64,
        "resize": 256,
        "rand_crop": True,
        "rand_mirror": True,
        "shuffle": True,
    }
    with ImageRecordIter(**options, device="gpu") as ours, ImageRecordIter(**options, device="cpu") as theirs:
        assert (ours.device, ours.note) == ("gpu:0", "")
        for mine, yours in zip(ours, theirs, strict=True):
            assert mine.index.tolist() == yours.index.tolist()
            error = np.mean((mine.data.get() - yours.data) ** 2, axis=(1, 2, 3))
            assert (10 * np.log10(255**2 / np.maximum(error, 1e-9))).min() >= 40


def test_work_that_is_still_queued_sees_its_batch(photos):
    """Batches are let go while the device has not begun to read them, and memory is used again meanwhile."""
    import cupy

    batches = batches_of(photos, 15)
    loader = devices.choose_loader(TENSORS, "gpu", 4, 32).loader
    sums, square = [], cupy.full((4096, 4096), 1e-4, np.float32)
    for data, _ in loader.load(batches):
        for _ in range(20):
            square = square @ square
        sums.append(data.sum(axis=(1, 2, 3)))
        del data
    expected = [data.get() for data, _ in loader.load(batches)]
    for found, data in zip(sums, expected, strict=True):
        np.testing.assert_allclose(found.get(), data.sum(axis=(1, 2, 3)), rtol=1e-3, atol=10)


def test_five_hundred_batches_need_no_more_memory_than_fifty(photos):
    loader = devices.choose_loader(TENSORS, "gpu", 4, 32).loader

    def run(count):
        for data, failures in loader.load(batches_of(photos, count)):
            assert (len(data), failures) == (32, {})
        return free_memory()

    after_fifty = run(25)
    assert after_fifty - run(250) < 64 << 20


def test_without_device_memory_loading_goes_on(photos):
    import cupy

    loader = devices.choose_loader(TENSORS, "gpu", 4, 32).loader
    expected = [data.get() for data, _ in loader.load(batches_of(photos, 1))]
    hogs = []
    try:
        while free_memory() > 256 << 20:
            hogs.append(cupy.cuda.runtime.malloc(min(free_memory() - (192 << 20), 4 << 30)))
        loaded = [data.get() for data, _ in loader.load(batches_of(photos, 5))]
    finally:
        for hog in hogs:
            cupy.cuda.runtime.free(hog)
    assert len(loaded) == 10
    for number, data in enumerate(loaded):
        assert np.abs(data - expected[number % 2]).mean() < 0.05


def test_several_processes_share_a_gpu(gpu_folder):
    alone, _ = packed(gpu_folder, "a.rec", gpu=GpuTuning(batch_size=64))
    _, report = packed(gpu_folder, "b.rec", devices=("gpu:0", "gpu:0"), gpu=GpuTuning(batch_size=64))
    assert (report.packed, report.engine) == (1001, "gpu:0 + gpu:0")
    with RecordReader(gpu_folder.out.with_name("b.rec")) as records:
        assert [record.key for record in records] == list(range(1001))
    assert alone


def test_dali_reads_the_result(gpu_folder):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from nvidia.dali import fn, pipeline_def
    packed(gpu_folder, "a.rec")
    rec, idx = (str(gpu_folder.out.with_name(f"a.{suffix}")) for suffix in ("rec", "idx"))

    @pipeline_def(batch_size=50, num_threads=4, device_id=0)
    def reading():
        files, labels = fn.readers.mxnet(path=[rec], index_path=[idx], name="reader")
        return fn.decoders.image(files, device="mixed"), labels

    reader = reading()
    reader.build()
    assert reader.epoch_size("reader") == 1001
    pictures, _ = reader.run()
    assert {min(shape[:2]) for shape in pictures.shape()} == {256}


def test_doctor_tests_the_engine():
    found = {check.name: check for check in examine()}
    assert found["GPU engine on 0"].ok, found["GPU engine on 0"].detail
    assert found["GPU 0"].ok


def test_the_commands(gpu_folder):
    command = [sys.executable, "-m", "gpu_im2rec"]
    out = gpu_folder.out.with_name("c.rec")
    said = subprocess.run(
        [*command, "pack", gpu_folder.list, gpu_folder.root, out, "--resize", "256", "--json"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert json.loads(said.stdout)["engine"] == "gpu:0"
    said = subprocess.run(
        [*command, "bench", gpu_folder.list, gpu_folder.root, "--folder", gpu_folder.root.parent, "--json"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert json.loads(said.stdout)["stages"]["encode"] > 0
