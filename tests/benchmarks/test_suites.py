"""Each suite once, with next to nothing to do: that it runs, and that its tables say what was measured."""

import contextlib

import numpy as np
import pytest
from PIL import Image

from benchmarks import corpora, measuring, suites
from benchmarks.cluster import suite as cluster
from benchmarks.corpora import CORPORA, Corpus, ensure
from benchmarks.host import suite as host
from benchmarks.quality import suite as quality
from benchmarks.quality.contenders import CONTENDERS as MAKERS
from benchmarks.quality.reference import reference, weights
from benchmarks.read import access, sources
from benchmarks.read import one as read_one
from benchmarks.read import suite as read
from benchmarks.read.task import BATCH
from benchmarks.remote import suite as remote
from benchmarks.results import Table
from benchmarks.rounds import fresh
from benchmarks.scale import suite as scale
from benchmarks.scale.bare import BARE
from benchmarks.stages import suite as stages
from benchmarks.stages.inputs import Inputs
from benchmarks.stages.one import CONTENDERS, LIMITS
from benchmarks.startup import suite as startup
from tests.benchmarks.test_meanings import explained
from tests.conftest import encoded

TINY = Corpus("tiny", 320, 240, 9_000, files=3, repeats=1)


@pytest.fixture
def once(monkeypatch):
    """Makes a suite measure one round, which counts; contenders for which ``run`` gives nothing are left out."""

    def of(suite, run=fresh):
        def rounds(commands, count):
            figures = {name: run(command) for name, command in commands.items()}
            return {name: [each] for name, each in figures.items() if each}

        monkeypatch.setattr(suite, "rounds", rounds)

    return of


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A corpus of three pictures."""
    for module in (corpora, sources, measuring):
        monkeypatch.setattr(module, "FOLDER", tmp_path)
    monkeypatch.setitem(CORPORA, "tiny", TINY)
    return ensure(TINY)


def lines(about, measured):
    """The rows of all tables, by their first cell."""
    texts = [about.table(name, table) for name, table in measured.items()]
    assert all(map(explained, texts))
    cells = [line.split("|")[1:-1] for text in texts for line in text.splitlines() if line.startswith("|")]
    return {row[0].strip(): [cell.strip() for cell in row[1:]] for row in cells}


def test_every_suite_can_be_found():
    for name in suites.NAMES:
        assert suites.of(name).__doc__


def test_scale(once):
    once(scale)
    measured = scale.measure(1, entries=[5])
    assert [run["items"] for table in measured.values() for (run,) in table.runs.values()] == [5] * 4
    assert {table.reference for table in measured.values()} == {BARE}
    rows = lines(scale, measured)
    assert rows["5 entries"][2] == "1.00" < rows[BARE][2]


def test_older_lists_have_no_bare_loop():
    run = {"items": 5, "seconds": 2.0, "peak_mb": 1.0}
    table = Table("", "entries", {"5 entries": [run], "10 entries": [run | {"items": 10}]}, reference="5 entries")
    assert lines(scale, {"list": table})["10 entries"][2] == "2.00"
    assert "bare loop" not in scale.table("list", table)


def test_stages(tiny, tmp_path):
    (tmp_path / "scratch").mkdir()
    inputs = Inputs(tiny.root, tmp_path / "scratch", pictures=4)
    items = {"list": 1000, "decode": 4, "resize": 4, "encode": 4} | dict.fromkeys(
        ("read", "frame", "write, not synced", "write, synced"), 40
    )
    for stage, limit in LIMITS.items():
        assert CONTENDERS[stage](inputs)() == items[stage]
        try:
            assert CONTENDERS[limit](inputs)() == items[stage]
        except ModuleNotFoundError:
            assert "libjpeg-turbo" in limit


def test_a_stage_and_its_limit_must_do_as_many(tiny, once):
    once(stages, lambda command: {"items": 2 if command[3] == "the pixels copied" else 4, "seconds": 2.0})
    with pytest.raises(AssertionError, match="resize: not as many"):
        stages.measure(1, tiny.root, pictures=4)


def test_a_stage_without_its_limit_says_so(tiny, once):
    once(stages, lambda command: {} if "turbo" in command[3] else {"items": 4, "seconds": 2.0})
    rows = lines(stages, stages.measure(1, tiny.root, pictures=4))
    assert rows["read"] == ["2", "open, read, close", "2", "1.00"]
    assert rows["decode"] == ["2", "libjpeg-turbo decoding: not installed", "", ""]


def test_quality(tiny):
    makers = {name: MAKERS[name] for name in ("CPU engine, antialias", "CPU engine, linear", "OpenCV, INTER_LINEAR")}
    table = quality.of(sorted(tiny.root.iterdir())[:2], makers)
    ours, linear, opencv = (runs[0] for runs in table.runs.values())
    assert linear == opencv, "the same pixels, the same bytes"
    assert ours["psnr"] > 30 < ours["resized_psnr"]
    assert lines(quality, {"320x240": table})["CPU engine, antialias"][-1] == f"{ours['bytes'] / 1e3:.1f}"


def test_quality_leaves_out_what_is_not_installed_but_nothing_of_ours(tiny):
    def makes(name):
        raise ModuleNotFoundError(name=name)

    assert quality.of(sorted(tiny.root.iterdir()), {"another": lambda *_: makes("cv2")}).runs == {}
    with pytest.raises(ModuleNotFoundError):
        quality.of(sorted(tiny.root.iterdir()), {"ours": lambda *_: makes("cpu_fallback.transcoder")})


@pytest.mark.parametrize("size", [(31, 24), (64, 48), (97, 60)])
def test_the_reference_is_the_filter_of_lanczos(photo, size):
    data = encoded(photo.resize((64, 48)), "png")
    exact = reference(data, size)
    for channel, levels in enumerate(photo.resize((64, 48)).split()):
        theirs = levels.convert("F").resize(size, Image.Resampling.LANCZOS)
        assert np.abs(np.clip(np.asarray(theirs), 0, 255) - exact[..., channel]).max() < 1e-3
    assert np.allclose(weights(64, size[0]).sum(axis=1), 1)


def test_startup(once):
    once(startup, lambda command: fresh(command) if "pass" in command or "pack" in command else None)
    rows = lines(startup, startup.measure(1, times=1))
    assert rows["`python -c pass`"][1] == "1.0"
    assert "`gpu-im2rec pack` of one picture" in rows


def test_cluster(once):
    quick = "Ray, two machines of one core"
    once(cluster, lambda command: {"items": 10, "seconds": 3.0 if quick in command else 5.0, "first": 1.0})
    rows = lines(cluster, cluster.measure(1))
    assert rows[quick] == ["3", "3.0", "1.0", "1.67", "2.00"]
    assert rows["Ray, started for the run"] == ["", "5.0", "1.0", "", ""]


def test_host(once):
    once(host)
    measured = host.measure(1, lines=12)
    assert {run["items"] for (run,) in measured["feeding"].runs.values()} == {12}
    assert set(lines(host, measured)) >= set(host.CONTENDERS)


def test_remote(once):
    once(remote, lambda command: None if "http://" in command else fresh(command))
    measured = remote.measure(1, threads=(2,), pictures=8)
    assert [run["items"] for (run,) in measured["reading"].runs.values()] == [8, 2]
    rows = lines(remote, measured)
    assert rows["`--read-threads`"] == ["`s3://`", "`s3://` without obstore"]
    assert len(rows["2"]) == len(rows["peak MB of the reader"]) == 2


def test_read(tiny, once, monkeypatch):
    monkeypatch.setitem(sources.SOURCES, "tiny", sources.Source("tiny", {"resize": 240}, resize=0, epochs=1))
    monkeypatch.setitem(sources.RANDOM_ACCESS, "few", sources.Source("tiny", {"resize": 24}, resize=0, epochs=0))
    monkeypatch.setattr(access, "_READS", 100)
    here = (read_one.OURS, read_one.OURS_LEVELS, read_one.LIMIT, *read_one.ACCESS)
    once(read, lambda command: read_one.measure(command[3], command[4]) if command[3] in here else None)
    measured = read.measure(1, tables=["tiny", "few"])
    assert {run["items"] for (run,) in measured["few"].runs.values()} == {100}
    items = {reader: run["items"] for reader, (run,) in measured["tiny"].runs.items()}
    assert items == {read_one.OURS: BATCH, read_one.OURS_LEVELS: BATCH, read_one.LIMIT: TINY.files}
    rows = lines(read, measured)
    assert rows[read_one.OURS][-1] == rows[read_one.OURS_LEVELS][-1] == "1.00"
    assert {table.reference for table in measured.values()} == {read_one.LIMIT, "os.pread"}, "ours is judged by others"
    assert set(rows) >= set(here)


@pytest.mark.parametrize(("items", "fine"), [(6, True), (256, True), (261, True), (262, False), (600, False)])
def test_readers_that_read_more_are_noticed(tiny, once, monkeypatch, items, fine):
    """Of 6 pictures in two epochs, whose last batches of 128 may be filled up."""
    monkeypatch.setitem(sources.SOURCES, "tiny", sources.Source("tiny", {"resize": 240}, resize=0, epochs=2))
    once(read, lambda command: {"items": items, "seconds": 1.0, "mean": 0.0})
    with contextlib.nullcontext() if fine else pytest.raises(AssertionError, match="pictures instead of 6"):
        read.measure(1, tables=["tiny"])


def test_records_that_are_read_wrong_are_noticed(tiny, monkeypatch):
    monkeypatch.setattr(access, "_READS", 10)
    source = sources.Source("tiny", {"resize": 24}, resize=0, epochs=0).ensure()
    whole = access.pread(source)
    with pytest.raises(AssertionError):
        access.measured(lambda number: whole(number)[:-100], source)
    with pytest.raises(AssertionError):
        access.measured(lambda _: whole(0), source)
