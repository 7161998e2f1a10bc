"""``CudaKernels`` lend no memory that a device still works on, and use no more than there is."""

from __future__ import annotations

import gc
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cpu_fallback import CpuEngine
from gpu_im2rec import gpu
from gpu_im2rec.gpu import ExactDevice, Limits, arrays, exact_engine, kernels, open_exact_engine
from gpu_im2rec.gpu.kernels import EXACT, CudaKernels
from gpu_im2rec.gpu.probe import Facts, Gpu
from gpu_im2rec.transcode import Source, TranscodeSpec
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


@pytest.fixture(scope="module")
def alone(host, sources):
    """Bytes that the largest batch takes if it is alone on the device."""
    late = LateCupy(host.kernels._library)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "load_cupy", lambda: late)
        one = engine()
        for start in range(0, len(sources), BATCH):
            one._device.restart()
            results(one, sources[start : start + BATCH])
    return late.most_taken


@pytest.mark.parametrize("part", [1.1, 1.5])
def test_what_finds_no_memory_beside_another_batch_stays_on_the_device(cupy, sources, expected, alone, part):
    cupy.memory = int(part * alone)
    assert results(engine(), sources) == expected


def test_what_finds_no_memory_alone_is_halved_or_left_to_the_cpu(cupy, sources, expected, alone):
    cupy.memory = alone // 4
    found = results(engine(), sources)
    assert [one.data for one in found] == [one.data for one in expected]
    assert 5 < sum(not one.rescue for one in found) < len(sources)


def test_an_engine_takes_no_more_than_half_of_the_device(cupy, monkeypatch, sources, expected, alone):
    """And gives it back in the end."""
    cupy.memory = 8 * alone
    monkeypatch.setattr(gpu, "look", lambda: Facts("linux", 12080, (Gpu(0, "late", cupy.memory, "9.0"),)))
    one = open_exact_engine(SPEC, 0, CpuEngine(SPEC, 1), BATCH)
    assert results(one, sources) == expected
    assert alone < cupy.most_taken <= cupy.memory // 2
    del one
    gc.collect()
    assert cupy.taken < alone // 10, "given back"


def test_what_the_pool_keeps_for_later_does_not_take_the_place_of_what_is_needed(
    cupy, monkeypatch, sources, expected, alone
):
    monkeypatch.setattr(ExactDevice, "restart", lambda _: pytest.fail("started anew"))
    one = engine()
    one._device._kernels.limit(int(1.3 * alone))
    for _ in range(3):
        assert results(one, sources) == expected
    assert cupy.most_taken <= int(1.3 * alone)


def test_what_has_arrived_is_let_go(cupy, sources):
    """Page-locked memory, by an encoder alone, too."""
    own = CudaKernels(EXACT, 0)
    with own.here():
        array = own.arrays.zeros(1000, np.uint8)
        for _ in range(50):
            own.sent(array)()
    assert len(own._in_flight) <= 1


def test_cupy_loads_without_a_home():
    """As in a container whose user has none: CuPy's own import fails there."""
    pytest.importorskip("cupy")
    program = "import os; from gpu_im2rec.gpu.arrays import load_cupy; load_cupy(); print(os.environ['CUPY_CACHE_DIR'])"
    environment = {name: value for name, value in os.environ.items() if name != "CUPY_CACHE_DIR"}
    environment["HOME"] = os.devnull + "/home"
    ran = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert not Path(ran.stdout.strip()).exists(), "what was compiled is removed in the end"


def test_who_is_nobody_has_no_home(monkeypatch):
    def home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", home)
    assert not arrays._has_a_home()
