"""The graph, and the whole engine: on the CPU with kernels built for the host, and on a GPU where there is one."""

import io
import warnings

import numpy as np
import pytest
from PIL import Image

from benchmarks.corpora import CORPORA, picture_files
from cpu_fallback import CpuEngine
from gpu_im2rec.gpu import GpuEngine, GraphDevice, GraphSettings, JpegEncoder, Limits
from gpu_im2rec.gpu import device as device_module
from gpu_im2rec.gpu.admission import admit
from gpu_im2rec.gpu.graph import Graph
from gpu_im2rec.transcode import Encoded, Failure, Reason, Source, TranscodeSpec
from tests.conftest import encoded

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    pytest.importorskip("nvidia.dali")

# Why 50 dB: where the graph decodes at full size the two filters differ in rounding only (55 … 60 dB); where the CPU
# engine decodes at half size or less, what its margin leaves out is between 50 and 55 dB.
MEAN_DB, LEAST_DB = 50, 40


def psnr(one, other):
    error = np.mean((one.astype(float) - other.astype(float)) ** 2)
    return 10 * np.log10(255**2 / error) if error else 99.0


def graph_pixels(place, spec, files):
    """What the graph gives for each of ``files``."""
    jobs = [admit(spec, Source(0, data), 1 << 40) for data in files]
    graph = Graph(spec, GraphSettings(batch_size=len(files), threads=2), place.device_id)
    graph.feed(jobs)
    return [place.fetched(one) for one in graph.collect()]


def cpu_pixels(options, files):
    """What the CPU engine gives, by way of PNG."""
    spec = TranscodeSpec(**options, encoding="png", png_level=0)
    [results] = CpuEngine(spec, 2).transcode([[Source(0, data) for data in files]])
    return [np.atleast_3d(np.asarray(Image.open(io.BytesIO(result.data)))) for result in results]


def assert_parity(place, options, files):
    ours, theirs = graph_pixels(place, TranscodeSpec(**options), files), cpu_pixels(options, files)
    assert [one.shape for one in ours] == [one.shape for one in theirs]
    likeness = [psnr(one, other) for one, other in zip(ours, theirs, strict=True)]
    assert np.mean(likeness) >= MEAN_DB
    assert min(likeness) >= LEAST_DB


@pytest.mark.parametrize(("corpus", "count"), [("small", 12), ("middle", 6), ("large", 3)])
def test_the_graph_gives_the_cpu_engines_pixels(place, corpus, count):
    assert_parity(place, {"resize": 256}, list(picture_files(CORPORA[corpus], count)))


@pytest.mark.parametrize(
    "options",
    [
        {"center_crop": True},
        {"color": 0},
        {"color": -1},
        {"interp": "linear"},
        {"upscale": False, "resize": 400},
        {"resize": 500},
        {"resize": 0},
        {"resize": 0, "center_crop": True},
        {"resize": 101, "center_crop": True, "color": 0},
    ],
    ids=str,
)
def test_every_option_of_the_graph(place, options):
    assert_parity(place, {"resize": 256} | options, list(picture_files(CORPORA["small"], 6)))


@pytest.mark.parametrize("color", [1, -1])
def test_orientation(place, photo, color):
    files = []
    for turn in range(1, 9):
        tag = Image.Exif()
        tag[0x0112] = turn
        files.append(encoded(photo, "jpeg", quality=95, exif=tag))
    assert_parity(place, {"resize": 64, "color": color}, files)


def test_odd_kinds_of_jpeg(place, photo):
    files = [
        encoded(photo, "jpeg", progressive=True),
        encoded(photo.convert("L"), "jpeg"),
        encoded(photo, "jpeg", subsampling="4:4:4"),
        encoded(photo, "jpeg", subsampling="4:2:2"),
        encoded(photo, "jpeg") + bytes(100),
        encoded(photo.crop((0, 0, 33, 77)), "jpeg"),
    ]
    assert_parity(place, {"resize": 32}, files)


def device_at(place, spec, pictures):
    encoder = JpegEncoder(place.kernels, spec.quality)
    return GraphDevice(spec, GraphSettings(batch_size=pictures, threads=2), encoder, place.device_id)


@pytest.fixture
def graph_engine(place):
    def make(spec, pictures=4):
        device = device_at(place, spec, pictures)
        return GpuEngine(spec, device, CpuEngine(spec, 2), Limits(pictures, 1 << 40))

    return make


def run(engine, files):
    return [result for batch in engine.transcode([[Source(0, data) for data in files]]) for result in batch]


def test_the_whole_engine_gives_the_same_bytes_every_time(place, graph_engine):
    spec = TranscodeSpec(resize=256, quality=90)
    files = list(picture_files(CORPORA["small"], 11))
    results = run(graph_engine(spec), files)
    assert all(isinstance(result, Encoded) and not result.rescue for result in results)
    assert run(graph_engine(spec), files) == results
    for result, data in zip(results, files, strict=True):
        [pixels] = graph_pixels(place, spec, [data])
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "jpeg", quality=90, subsampling="4:2:0")
        assert result.data == out.getvalue(), "as libjpeg encodes the graph's pixels"


def test_grey_and_colour_as_they_are(graph_engine, photo):
    files = [encoded(photo, "jpeg"), encoded(photo.convert("L"), "jpeg")]
    results = run(graph_engine(TranscodeSpec(resize=64, color=-1)), files)
    assert [Image.open(io.BytesIO(result.data)).mode for result in results] == ["RGB", "L"]
    assert all(not result.rescue for result in results)


def broken_scan(jpeg):
    """A whole file with a header as it should be, that DALI does not decode: its Huffman tables are gone."""
    at = jpeg.index(b"\xff\xc4")
    return jpeg[: at + 4] + b"\xff" * 20 + jpeg[at + 24 :]


def test_a_broken_picture_costs_only_its_own_record(graph_engine, jpeg):
    files = [jpeg] * 10
    files[5] = broken_scan(jpeg)
    results = run(graph_engine(TranscodeSpec(resize=48)), files)
    assert isinstance(results[5], Failure)
    assert [number for number, result in enumerate(results) if isinstance(result, Failure)] == [5]
    assert {number for number, result in enumerate(results) if getattr(result, "rescue", "")} == {4, 6, 7}


def test_odd_and_broken_files_among_good_ones(graph_engine, photo, jpeg):
    files = [
        jpeg,
        b"",
        b"no picture",
        jpeg[:2000],
        encoded(photo, "png"),
        encoded(photo.convert("CMYK"), "jpeg"),
        encoded(photo, "gif"),
        jpeg,
    ]
    spec = TranscodeSpec(resize=48)
    results = run(graph_engine(spec), files)
    alone = run(CpuEngine(spec, 1), files)
    assert results[1].reason is Reason.EMPTY
    assert results[2].reason is Reason.NOT_AN_IMAGE
    assert results[3].reason is Reason.TRUNCATED
    assert [result.data for result in results[4:7]] == [result.data for result in alone[4:7]]
    assert results[0] == results[7] == Encoded(results[0].data)


def test_the_stages_of_a_device(place, jpeg, monkeypatch):
    monkeypatch.setattr(device_module, "_SECONDS", 0.01)
    spec = TranscodeSpec(resize=48)
    device = device_at(place, spec, 4)
    engine = GpuEngine(spec, device, CpuEngine(spec, 1), Limits(4, 1 << 40))
    sources = [Source(number, jpeg) for number in range(6)] + [Source(6, b"no picture")]
    stages = engine.stages(sources)
    assert list(stages) == ["decode", "decode and resize", "encode"]
    assert all(rate > 0 for rate in stages.values())
    assert engine.stages(sources[6:]) == {}
    [results] = engine.transcode([sources[:3]])
    assert all(isinstance(result, Encoded) for result in results), "the device goes on working"
