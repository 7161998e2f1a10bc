"""The loader on DALI's graph: on the CPU with NumPy in CuPy's place, and on a GPU where there is one."""

import threading
import warnings
import weakref
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image

from benchmarks.corpora import CORPORA, picture_files
from cpu_fallback.loader import CpuLoader
from gpu_im2rec import gpu
from gpu_im2rec.gpu import CudaArrays, GpuLoader, GraphSettings, TensorGraph
from gpu_im2rec.gpu.admission import admit_sample
from gpu_im2rec.gpu.probe import Facts, Gpu
from gpu_im2rec.transcode import Reason
from gpu_im2rec.transcode.loading import Sample, TensorSpec
from tests.conftest import encoded
from tests.gpu.host_arrays import HostArrays
from tests.gpu.test_graph import LEAST_DB, MEAN_DB, broken_scan, psnr

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    pytest.importorskip("nvidia.dali")

IMAGENET: dict[str, Any] = {"mean": (123.675, 116.28, 103.53), "std": (58.395, 57.12, 57.375)}
BATCH = 4


class Here(NamedTuple):
    """Where arrays live and graphs run."""

    arrays: Any
    device_id: int | None

    def graph(self, spec, pictures=BATCH):
        return TensorGraph(spec, GraphSettings(pictures, threads=2), self.arrays, self.device_id)

    def loader(self, spec, pictures=BATCH, memory=1 << 40, graph=None):
        graph = graph or self.graph(spec, pictures)
        return GpuLoader(spec, graph, self.arrays, CpuLoader(spec, 2), pictures, memory)

    def fetched(self, data):
        return data if self.device_id is None else data.get()

    def run(self, loader, samples, pictures=BATCH):
        """All rows of all batches, on the host; the failures, by the sample's number."""
        rows, failures = [], {}
        for number, loaded in enumerate(loader.load(in_batches(samples, pictures))):
            rows.extend(self.fetched(loaded.data))
            failures |= {pictures * number + row: failure for row, failure in loaded.failures.items()}
        return np.array(rows), failures

    def assert_same(self, ours, theirs):
        """The same picture from another batch: on a GPU another of its decoders may have had it."""
        if self.device_id is None:
            np.testing.assert_array_equal(ours, theirs)
        else:
            assert psnr(ours, theirs) >= LEAST_DB


@pytest.fixture(params=["host", pytest.param("gpu", marks=pytest.mark.gpu)])
def here(request):
    return Here(HostArrays(), None) if request.param == "host" else Here(CudaArrays(0), 0)


def in_batches(samples, pictures=BATCH):
    return [samples[start : start + pictures] for start in range(0, len(samples), pictures)]


def on_the_cpu(spec, samples):
    [(rows, failures)] = CpuLoader(spec, 2).load([samples])
    return rows, failures


def levels(spec, numbers):
    """What ``numbers`` were before they were normalised, (n, H, W, C)."""
    if spec.layout == "NCHW":
        numbers = numbers.transpose(0, 2, 3, 1)
    return numbers / (spec.scale / np.array(spec.std[: spec.channels])) + np.array(spec.shift)


def assert_parity(here, spec, samples):
    ours, failures = here.run(here.loader(spec), samples)
    theirs, _ = on_the_cpu(spec, samples)
    assert failures == {}
    assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
    likeness = [psnr(*pair) for pair in zip(levels(spec, ours), levels(spec, theirs), strict=True)]
    assert np.mean(likeness) >= MEAN_DB
    assert min(likeness) >= LEAST_DB


@pytest.fixture(scope="module")
def photos():
    return list(picture_files(CORPORA["small"], 10))


def varied(files):
    """Crops at the edges, in the middle, anywhere; every other one mirrored."""
    crops = [None, (0.0, 0.0), (0.999, 0.999), (0.3, 0.7)]
    return [Sample(data, crops[number % 4], number % 2 == 1) for number, data in enumerate(files)]


@pytest.mark.parametrize(
    "options",
    [
        {"resize": 256},
        {"resize": 256, "dtype": "uint8"},
        {"resize": 300, "dtype": "int8", "mean": (123.5, 117, 104)},
        {"resize": 256, "layout": "NHWC"} | IMAGENET,
        {"channels": 1, "resize": 256, "mean": (120,), "scale": 1 / 255},
        {"channels": 1, "dtype": "uint8", "layout": "NHWC"},
        {"height": 112, "width": 300, "resize": 128, "dtype": "int8", "layout": "NHWC"},
        {"height": 480, "width": 400},
        {} | IMAGENET,
    ],
    ids=str,
)
def test_the_numbers_are_the_cpu_loaders(here, photos, options):
    assert_parity(here, TensorSpec(**{"channels": 3, "height": 224, "width": 224} | options), varied(photos))


@pytest.mark.parametrize(("corpus", "count"), [("middle", 4), ("large", 1)])
def test_large_pictures(here, corpus, count):
    assert_parity(here, TensorSpec(3, 224, 224, resize=256), varied(picture_files(CORPORA[corpus], count)))


def test_orientation(here, photo):
    files = []
    for turn in range(1, 9):
        tag = Image.Exif()
        tag[0x0112] = turn
        files.append(encoded(photo, "jpeg", quality=95, exif=tag))
    assert_parity(here, TensorSpec(3, 64, 64, resize=80), varied(files))


def noise(number, size=(90, 70)):
    """Every level of every channel, without loss."""
    chance = np.random.default_rng(number)
    return Image.fromarray(chance.integers(0, 256, (size[1], size[0], 3), np.uint8))


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize(
    "options",
    [
        {"dtype": "uint8"},
        {"dtype": "int8", "mean": (0.5, -1.5, 300)},
        {"dtype": "float32"},
        {"dtype": "float32", "scale": 1 / 128} | IMAGENET,
    ],
    ids=str,
)
def test_without_a_resize_pixels_pass_as_they_are_and_are_normalised_as_on_the_cpu(here, jpeg, options, layout):
    """To the bit on DALI's CPU graph. On a GPU it rounds float32 otherwise, x * factor - mean * factor in one step."""
    spec = TensorSpec(3, 60, 50, layout=layout, **options)
    samples = varied([encoded(noise(number), "png") for number in range(BATCH)])
    plain = [admit_sample(Sample(jpeg, sample.crop, sample.mirror), spec, 1 << 40) for sample in samples]
    jobs = [
        job._replace(data=np.frombuffer(sample.data, np.uint8), plan=spec.plan((90, 70), sample.crop))
        for job, sample in zip(plain, samples, strict=True)
    ]
    graph = here.graph(spec)
    graph.feed(jobs)
    ours, (theirs, _) = here.fetched(graph.collect()), on_the_cpu(spec, samples)
    assert ours.dtype == theirs.dtype
    if here.device_id is None or spec.dtype != "float32":
        np.testing.assert_array_equal(ours, theirs)
    else:
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)


def test_every_sample_has_its_row_whatever_the_sizes_of_batches(here, photos):
    spec = TensorSpec(3, 64, 64, resize=80, dtype="uint8")
    samples = varied(photos)
    alone = [here.run(here.loader(spec, 1), [sample], 1)[0][0] for sample in samples]
    loader = here.loader(spec)
    for sizes in ([4, 4, 2], [1, 2, 3, 4], [4, 0, 4, 0, 0, 2]):
        ends = np.cumsum(sizes)
        batches = [samples[end - size : end] for size, end in zip(sizes, ends, strict=True)]
        loaded = list(loader.load(batches))
        assert [len(data) for data, _ in loaded] == sizes
        rows = [row for data, _ in loaded for row in here.fetched(data)]
        for row, other in zip(rows, alone, strict=True):
            here.assert_same(row, other)


def test_a_batch_larger_than_was_said_is_refused(here, jpeg):
    spec = TensorSpec(3, 8, 8)
    with pytest.raises(ValueError, match="a batch of 5 samples for a loader of at most 4"):
        list(here.loader(spec).load([[Sample(jpeg)] * 5]))


def test_what_the_device_does_not_take_is_the_cpu_loaders_to_the_bit(here, photo, jpeg):
    spec = TensorSpec(3, 64, 96, resize=64, **IMAGENET)
    odd = {
        1: encoded(photo, "png"),
        2: encoded(photo.convert("CMYK"), "jpeg"),
        4: jpeg[:2000],
        5: b"",
        6: b"no picture",
        8: encoded(photo, "gif"),
        9: encoded(photo.convert("RGBA"), "webp"),
        10: encoded(photo, "bmp"),
        11: encoded(photo, "png", compress_level=1),
    }
    files = [odd.get(number, jpeg) for number in range(13)]
    ours, failures = here.run(here.loader(spec), [Sample(data, (0.2, 0.9), True) for data in files])
    theirs, expected = on_the_cpu(spec, [Sample(data, (0.2, 0.9), True) for data in files])
    assert failures == expected
    assert {number: failure.reason for number, failure in failures.items()} == {
        4: Reason.TRUNCATED,
        5: Reason.EMPTY,
        6: Reason.NOT_AN_IMAGE,
    }
    for number in odd:
        np.testing.assert_array_equal(ours[number], theirs[number])
    assert not ours[4:7].any()
    good, _ = here.run(here.loader(spec), [Sample(jpeg, (0.2, 0.9), True)])
    for number in set(range(13)) - set(odd):
        here.assert_same(levels(spec, ours[number : number + 1]), levels(spec, good))


def test_a_broken_jpeg_costs_only_itself(here, jpeg):
    """Its whole batch is the CPU loader's, and no other."""
    spec = TensorSpec(3, 48, 48, resize=64, dtype="uint8")
    samples = [Sample(jpeg, None, number % 3 == 0) for number in range(12)]
    expected, _ = here.run(here.loader(spec), samples)
    on_cpu, _ = on_the_cpu(spec, samples)
    broken = [*samples]
    broken[5] = Sample(broken_scan(jpeg))
    loader = here.loader(spec)
    for _ in range(2):
        rows, failures = here.run(loader, broken)
        assert list(failures) == [5]
        assert not rows[5].any()
        assert psnr(rows[4], expected[4]) >= LEAST_DB
        np.testing.assert_array_equal(rows[[4, 6, 7]], on_cpu[[4, 6, 7]])
        others = [*range(4), *range(8, 12)]
        np.testing.assert_array_equal(rows[others], expected[others])


def test_pictures_without_room_on_the_device_are_the_cpu_loaders(here, jpeg):
    spec = TensorSpec(3, 48, 48, resize=64, dtype="uint8")
    one = admit_sample(Sample(jpeg), spec, 1 << 40).memory
    on_cpu, _ = on_the_cpu(spec, [Sample(jpeg)])
    there, _ = here.run(here.loader(spec), [Sample(jpeg)])
    assert not np.array_equal(on_cpu, there)
    for memory, fitting in ((8 * one, 6), (5 * one, 5), (4 * one - 1, 0)):
        rows, failures = here.run(here.loader(spec, 6, memory), [Sample(jpeg)] * 6, 6)
        assert failures == {}
        for row in rows[:fitting]:
            here.assert_same(row, there[0])
        np.testing.assert_array_equal(rows[fitting:], np.repeat(on_cpu, 6 - fitting, axis=0))


def test_the_array_is_dalis_own_memory(here, photos):
    spec = TensorSpec(3, 32, 32, resize=40)
    graph = here.graph(spec)
    addresses = []
    collect = graph._flow.collect

    def collected():
        batch = collect()
        addresses.append(batch.data_ptr())
        return batch

    graph._flow.collect = collected
    loader = here.loader(spec, graph=graph)
    held = [data for data, _ in loader.load(in_batches(varied(photos)))]
    assert [address_of(data) for data in held] == addresses
    assert len(set(addresses)) == 3


def address_of(data):
    return data.ctypes.data if isinstance(data, np.ndarray) else data.data.ptr


def test_an_array_stays_as_it_is_while_it_is_held(here, photos):
    spec = TensorSpec(3, 100, 100, resize=120)
    graph = here.graph(spec)
    held, seen = [], []
    for data, _ in here.loader(spec, graph=graph).load(in_batches(varied(photos)) * 10):
        seen.append(here.fetched(data).copy())
        held.append(data[1:])  # a view is enough
        del data
    graph.restart()
    del graph
    for view, copy in zip(held, seen, strict=True):
        np.testing.assert_array_equal(here.fetched(view), copy[1:])


def test_only_the_user_refers_to_an_array(here, photo, photos):
    """So its memory is free when the user lets go, and not a batch later."""
    samples = varied([*photos, encoded(photo, "png")])
    for data, _ in here.loader(TensorSpec(3, 32, 32, resize=40)).load(in_batches(samples) * 2):
        alive = weakref.ref(data)
        del data, _
        assert alive() is None


def test_torch_takes_it_without_a_copy(here, photos):
    torch = pytest.importorskip("torch")
    if here.device_id is not None and not torch.cuda.is_available():
        pytest.skip("a torch without CUDA")
    spec = TensorSpec(3, 32, 32, resize=40)
    tensors, seen = [], []
    for data, _ in here.loader(spec).load(in_batches(varied(photos)) * 5):
        tensors.append(torch.from_dlpack(data))
        assert tensors[-1].data_ptr() == address_of(data)
        seen.append(here.fetched(data).copy())
        del data
    for tensor, copy in zip(tensors, seen, strict=True):
        np.testing.assert_array_equal(tensor.cpu().numpy(), copy)


def left_over():
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(("device", "rescue", "load"))]


def test_a_loader_that_was_left_early_goes_on_with_the_next_samples(here, photo, photos):
    spec = TensorSpec(3, 32, 32, resize=40, dtype="uint8")
    samples = varied([*photos, encoded(photo, "png")])
    expected, _ = here.run(here.loader(spec), samples)
    graph = here.graph(spec)
    loader = here.loader(spec, graph=graph)
    restarts = []
    graph.restart = lambda: restarts.append(1)
    for taken in range(3):
        batches = loader.load(in_batches(samples) * 5)
        for _ in range(taken + 1):
            next(batches)
        batches.close()
        assert left_over() == []
    rows, _ = here.run(loader, samples)
    np.testing.assert_array_equal(rows, expected)
    assert restarts == []


def test_an_error_in_reading_comes_out_and_the_next_run_is_right(here, photos):
    spec = TensorSpec(3, 32, 32, resize=40, dtype="uint8")
    samples = varied(photos)
    loader = here.loader(spec)

    def broken():
        yield from in_batches(samples)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(loader.load(broken()))
    assert left_over() == []
    rows, _ = here.run(loader, samples)
    np.testing.assert_array_equal(rows, here.run(here.loader(spec), samples)[0])


def test_no_more_is_pulled_than_the_device_has_use_for(here, jpeg):
    spec = TensorSpec(3, 8, 8)
    loader = here.loader(spec)
    pulled = 0

    def endless():
        nonlocal pulled
        while True:
            pulled += 1
            yield [Sample(jpeg)] * BATCH

    batches = loader.load(endless())
    for number in range(1, 10):
        next(batches)
        assert pulled == number + 3
    batches.close()


def test_opening_a_loader_takes_a_quarter_of_the_devices_memory_at_most(monkeypatch, jpeg):
    """Without a device: all but the arrays and where the graph runs is as it is there."""
    gpus = tuple(Gpu(number, "a GPU", number << 23, "9.0") for number in range(3))
    monkeypatch.setattr(gpu, "look", lambda: Facts("linux", 12_080, gpus))
    monkeypatch.setattr(gpu, "CudaArrays", lambda number: HostArrays())
    monkeypatch.setattr(
        gpu, "TensorGraph", lambda spec, settings, arrays, number: TensorGraph(spec, settings, arrays, None)
    )
    spec = TensorSpec(3, 48, 48, resize=64, dtype="uint8")
    there = Here(HostArrays(), None)
    on_device, on_cpu = there.run(there.loader(spec), [Sample(jpeg)])[0], on_the_cpu(spec, [Sample(jpeg)])[0]
    for number, expected in ((1, on_cpu), (2, on_device)):  # a picture needs 215 kB, and has a 64th of 8 or 16 MiB
        loader = gpu.open_loader(spec, number, CpuLoader(spec, 1), BATCH, 2, 0.9)
        assert loader.name == f"gpu:{number}"
        rows, _ = there.run(loader, [Sample(jpeg)])
        np.testing.assert_array_equal(rows, expected)
