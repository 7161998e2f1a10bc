"""``CudaKernels`` lend no memory that a device still works on, and use no more than there is."""

from __future__ import annotations

import gc
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from cpu_fallback import CpuEngine
from gpu_im2rec.gpu import ExactDevice, Limits, exact_engine, kernels
from gpu_im2rec.gpu.kernels import EXACT, CudaKernels
from gpu_im2rec.transcode import Encoded, Source, TranscodeSpec
from tests.gpu.jpegs import photo_like, saved
from tests.gpu.late_cupy import LateCupy

SPEC = TranscodeSpec(resize=40)
BATCH = 6


@pytest.fixture(scope="module")
def sources():
    """Enough for several batches, of many sizes."""
    rng = random.Random(5)
    files = [
        saved(photo_like(rng.randrange(20, 300), rng.randrange(20, 300), number), subsampling=number % 3)
        for number in range(40)
    ]
    return [Source(number, data) for number, data in enumerate(files)]


@pytest.fixture(scope="module")
def expected(sources):
    return [result for batch in CpuEngine(SPEC, 1).transcode([sources]) for result in batch]


@pytest.fixture
def cupy(host, monkeypatch):
    late = LateCupy(host.kernels._library)
    monkeypatch.setattr(kernels, "load_cupy", lambda: late)
    return late


def engine():
    device = ExactDevice(SPEC, CudaKernels(EXACT, 0))
    return exact_engine(SPEC, device, CpuEngine(SPEC, 1), Limits(BATCH, 1 << 30), "gpu:0 exact")


def results(engine, sources):
    return [result for batch in engine.transcode([sources]) for result in batch]


def on_the_device(found):
    return sum(isinstance(one, Encoded) and not one.rescue for one in found)


def test_files_are_the_cpus(cupy, sources, expected):
    assert results(engine(), sources) == expected


def test_a_device_that_records_nothing_does_it_plainly(cupy, sources, expected):
    cupy.graphs_fail = True
    assert results(engine(), sources) == expected


def test_a_run_that_is_left_does_not_disturb_the_next(cupy, sources, expected):
    """Its engine is dropped with work on the device, and its memory is lent to the next one."""
    for many in (3, 7, 12):
        first, second = engine(), engine()
        run = first.transcode([[source] for source in sources])
        for _ in range(many):
            next(run)
        run.close()
        del run, first
        gc.collect()
        assert results(second, sources) == expected


def test_a_run_that_is_left_does_not_disturb_the_same_engines_next(cupy, sources, expected):
    again = engine()
    run = again.transcode([[source] for source in sources])
    next(run)
    run.close()
    assert results(again, sources) == expected


@pytest.mark.parametrize("part", [0.9, 0.7, 0.55])
def test_what_finds_no_memory_beside_another_batch_stays_on_the_device(host, monkeypatch, sources, expected, part):
    late = LateCupy(host.kernels._library)
    monkeypatch.setattr(kernels, "load_cupy", lambda: late)
    whole = engine()
    assert results(whole, sources) == expected
    del whole
    short = LateCupy(host.kernels._library, memory=int(part * late.most_lent))
    monkeypatch.setattr(kernels, "load_cupy", lambda: short)
    found = results(engine(), sources)
    assert [one.data for one in found] == [one.data for one in expected]
    assert on_the_device(found) == len(sources)


def test_cupy_loads_without_a_home():
    """As in a container whose user has none: CuPy's own import fails there."""
    pytest.importorskip("cupy")
    program = "import os; from gpu_im2rec.gpu.arrays import load_cupy; load_cupy(); print(os.environ['CUPY_CACHE_DIR'])"
    environment = {name: value for name, value in os.environ.items() if name != "CUPY_CACHE_DIR"}
    environment["HOME"] = os.devnull + "/home"
    ran = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert not Path(ran.stdout.strip()).exists(), "what was compiled is removed in the end"
