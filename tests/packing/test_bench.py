"""What `bench` measures adds up, and leaves nothing behind."""

import pytest

from gpu_im2rec import PackOptions, TranscodeSpec, devices
from gpu_im2rec.errors import ListError
from gpu_im2rec.packing import timing
from gpu_im2rec.packing.timing import bench
from gpu_im2rec.transcode import Encoded, Meter

SMALL = PackOptions(transcode=TranscodeSpec(resize=48), device="cpu", workers=2)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(timing, "_SECONDS", 0.01)


def test_every_stage_is_measured_alone_and_together(photo_folder, tmp_path):
    photo_folder.add("broken.jpg", b"no picture")
    told = []
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    report = bench(photo_folder.list, photo_folder.root, scratch, SMALL, tell=told.append)
    assert (report.pictures, report.skipped, report.engine) == (12, 1, "cpu")
    assert list(report.stages) == ["read", "decode", "resize", "encode", "transcode", "write"]
    assert all(rate > 0 for rate in report.stages.values())
    assert report.together > 0
    assert set(report.settings) == {"--workers 1", "--workers 2", "--workers 3"}
    assert report.best == max(report.settings, key=report.settings.get)
    assert report.to_dict()["best"] == report.best
    assert set(report.settings) <= set(told)
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("stages", "bottleneck"),
    [
        ({"read": 1, "transcode": 2, "write": 3}, "read"),
        ({"read": 3, "transcode": 2, "write": 1}, "write"),
        ({"read": 9, "decode": 3, "encode": 4, "transcode": 2, "write": 9}, "transcode, most of all decode"),
    ],
)
def test_the_slowest_stage_is_the_bottleneck(stages, bottleneck):
    assert timing._bottleneck(stages) == bottleneck


def test_pass_through_has_no_stages_to_choose_settings_for(photo_folder, tmp_path):
    options = PackOptions(transcode=TranscodeSpec(pass_through=True))
    report = bench(photo_folder.list, photo_folder.root, tmp_path, options)
    assert list(report.stages) == ["read", "transcode", "write"]
    assert report.settings == {}
    assert report.best == ""


def test_a_gpus_settings_are_tried(photo_folder, tmp_path, monkeypatch):
    tried, decoders = [], []

    class Engine:
        name = "gpu:0"
        meter = Meter(1)

        def transcode(self, batches):
            for batch in batches:
                yield [Encoded(b"jpeg") for _ in batch]

        def stages(self, sources):
            return {"decode": 5.0, "decode and resize": 4.0, "encode": 9.0}

    def choose(spec, device, workers, tuning):
        tried.append((tuning.batch_size, tuning.hw_decoder_load))
        decoders.append(tuning.decoder)
        return devices.Choice(Engine(), "")

    monkeypatch.setattr(devices, "choose", choose)
    report = bench(photo_folder.list, photo_folder.root, tmp_path, PackOptions())
    assert report.stages["decode and resize"] == 4.0
    assert (256, 0.9) in tried
    assert {size for size, _ in tried} == {64, 128, 256, 512}
    assert {load for _, load in tried} == {0.5, 0.65, 0.8, 0.9, 1.0}
    assert set(decoders) == {"auto", "exact"}


def test_a_sample_without_a_good_picture_is_an_error(folder, tmp_path):
    folder.add("broken.jpg", b"no picture")
    with pytest.raises(ListError, match="not one picture"):
        bench(folder.list, folder.root, tmp_path, SMALL)
