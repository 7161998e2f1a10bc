"""The table of docs/bad-input.md, row by row, against what `pack` makes of a list of all its inputs."""

from __future__ import annotations

import faulthandler
import io
import os
import struct
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from examples.photos import photographs
from gpu_im2rec import PackOptions, TranscodeSpec, devices
from gpu_im2rec.devices import GpuTuning
from gpu_im2rec.gpu import (
    ENCODE,
    EXACT,
    ExactDevice,
    GpuEngine,
    GraphDevice,
    GraphSettings,
    JpegEncoder,
    Limits,
    exact_engine,
)
from gpu_im2rec.transcode.geometry import plan
from tests.corpus.case import SIZE, encoded
from tests.corpus.corpus import Corpus, Run, laid_out, run
from tests.corpus.jpegs import jpegs
from tests.corpus.lines import MAGIC, MAGIC_LABEL, lines, things
from tests.corpus.pictures import pictures
from tests.gpu.host_kernels import HostKernels

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="its file system has no pipes")

DOCS = Path(__file__).parent.parent.parent.joinpath("docs", "bad-input.md").read_text(encoding="utf-8")
SPEC = TranscodeSpec(resize=32, upscale=False)
ACCEPTING = TranscodeSpec(resize=32, upscale=False, accept_truncated=True)
NOT_AS_ROOT = "file that may not be read"
_LONG = 120  # seconds: then something hangs, and the tests end there and then
_LIBTIFF, _DALI = ("LZWDecode: ",), ("Corrupt JPEG", "Bogus", "Invalid JPEG")  # what they say on standard error


class Row(NamedTuple):
    """What the table says of an input: every outcome that there is; nothing where it is the CPU's."""

    cpu: set[str]
    pass_through: set[str]
    gpu: set[str]
    accept_truncated: set[str]


def table() -> dict[str, Row]:
    rows = {}
    for line in DOCS.splitlines():
        if line.startswith("| ") and not line.startswith(("| ---", "| input")):
            kind, *cells = (cell.strip() for cell in line.strip("|").split("|"))
            rows[kind] = Row(*({word.strip("`") for word in cell.split(" or ")} if cell else set() for cell in cells))
    return rows


ROWS = table()


def expected(column: str, *, accepted: bool = False) -> dict[str, set[str]]:
    """By input."""
    rows = {kind: row for kind, row in ROWS.items() if os.geteuid() or kind != NOT_AS_ROOT}
    return {
        kind: (row.accept_truncated if accepted else set()) or getattr(row, column) or row.cpu
        for kind, row in rows.items()
    }


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Corpus:
    path = next(path for path in photographs()["things"] if path.name == "coffee.png")
    photo = Image.open(path).convert("RGB").resize(SIZE, Image.Resampling.LANCZOS)
    root = tmp_path_factory.mktemp("corpus") / "root"
    (root / "sub").mkdir(parents=True)
    for good in (root / "good.jpg", root.with_name("outside.jpg")):
        good.write_bytes(encoded(photo, "jpeg"))
    return laid_out(root, [*lines(photo, root), *things(photo), *jpegs(photo), *pictures(photo)])


@pytest.fixture
def packed(corpus, tmp_path, capfd):
    def pack(spec: TranscodeSpec = SPEC, **options) -> Run:
        """What a run made of the corpus, which neither hangs nor says anything of its own on standard error."""
        faulthandler.dump_traceback_later(_LONG, exit=True)
        try:
            made = run(corpus, tmp_path / "out.rec", PackOptions(transcode=spec, overwrite=True, **options))
        finally:
            faulthandler.cancel_dump_traceback_later()
        others = _LIBTIFF + (_DALI if options["device"] == "gpu" else ())
        assert [line for line in capfd.readouterr().err.splitlines() if not line.startswith(others)] == []
        return made

    return pack


@pytest.fixture
def gpu(tmp_path_factory, monkeypatch):
    """DALI's decoders on the CPU, and the kernels built for it; a batch is one picture, lest one take others along."""
    pytest.importorskip("nvidia.dali")
    kernels = HostKernels(ENCODE, tmp_path_factory.mktemp("kernels"))

    def engine(spec, number, tuning, rescue):
        settings = GraphSettings(tuning.batch_size, threads=2)
        device = GraphDevice(spec, settings, JpegEncoder(kernels, spec.quality), None)
        return GpuEngine(spec, device, rescue, Limits(tuning.batch_size, 1 << 30))

    monkeypatch.setattr(devices, "why_no_gpu", lambda number=0: "")
    monkeypatch.setattr(devices, "_gpu_engine", engine)
    return {"device": "gpu", "gpu": GpuTuning(batch_size=1), "workers": 2}


@pytest.fixture
def exact_gpu(tmp_path_factory, monkeypatch):
    """The exact engine with its kernels built for the CPU."""
    kernels = HostKernels(EXACT, tmp_path_factory.mktemp("kernels"))

    def engine(spec, number, tuning, rescue):
        limits = Limits(tuning.batch_size, 1 << 30)
        return exact_engine(spec, ExactDevice(spec, kernels), rescue, limits, "gpu:0 exact")

    monkeypatch.setattr(devices, "why_no_gpu", lambda number=0: "")
    monkeypatch.setattr(devices, "_gpu_engine", engine)
    return {"device": "gpu", "gpu": GpuTuning(batch_size=32, exact=True), "workers": 2}


def check_pictures(made: Run) -> None:
    """Every record decodes, at the size that it should have."""
    for case, record in made.records:
        picture = Image.open(io.BytesIO(record.content))
        assert np.asarray(picture).size, case.kind
        assert picture.size == plan(case.size, SPEC).size, case.kind


def test_on_the_cpu_with_one_worker_and_with_four(packed):
    made = packed(device="cpu", workers=1)
    assert made.outcomes == expected("cpu")
    check_pictures(made)
    assert packed(device="cpu", workers=4).files == made.files


def test_with_opencvs_filter(packed):
    made = packed(TranscodeSpec(resize=32, upscale=False, interp="linear"), device="cpu")
    assert made.outcomes == expected("cpu")
    check_pictures(made)


@pytest.mark.parametrize("interp", ["antialias", "linear"])
def test_on_an_exact_gpu_the_files_are_the_cpus(packed, exact_gpu, interp):
    spec = TranscodeSpec(resize=32, upscale=False, interp=interp)
    made = packed(spec, **exact_gpu)
    assert made.outcomes == expected("cpu")
    assert packed(spec, device="cpu", workers=2).files == made.files


def test_passed_through(packed):
    made = packed(TranscodeSpec(pass_through=True), device="cpu")
    assert made.outcomes == expected("pass_through")
    for case, record in made.records:
        if isinstance(case.content, bytes):
            assert bytes(record.content) == case.content, case.kind


def test_on_a_gpu(packed, gpu):
    made = packed(**gpu)
    assert made.outcomes == expected("gpu")
    check_pictures(made)
    assert made.report.engine == "gpu"
    assert made.report.rescued["a JPEG without its end"] == 4, "three lack no pixel, one has far more behind it"


@pytest.fixture(autouse=True)
def pillow_s_own_limit(monkeypatch):
    """Other tests raise it for the whole process, and it is a part of what Pillow says of giants."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 89_478_485)


def test_cut_pictures_that_are_accepted(packed):
    plain = packed(device="cpu")
    made = packed(ACCEPTING, device="cpu")
    assert made.outcomes == expected("cpu", accepted=True)
    check_pictures(made)
    assert made.report.truncated == made.report.packed - plain.report.packed > 10
    by_two_processes = packed(ACCEPTING, device="cpu", devices=("cpu", "cpu"))
    assert by_two_processes.files == made.files
    assert by_two_processes.report.truncated == made.report.truncated


def test_cut_pictures_that_are_accepted_on_a_gpu(packed, gpu):
    made = packed(ACCEPTING, **gpu)
    assert made.outcomes == expected("gpu", accepted=True)
    check_pictures(made)
    assert made.report.truncated == packed(ACCEPTING, device="cpu").report.truncated
    assert made.report.rescued["a JPEG without its end"] > 20


def test_cut_pictures_that_are_accepted_and_passed_through(packed):
    plain = packed(TranscodeSpec(pass_through=True), device="cpu")
    made = packed(TranscodeSpec(pass_through=True, accept_truncated=True), device="cpu")
    assert made.outcomes == expected("pass_through", accepted=True)
    assert made.report.truncated == made.report.packed - plain.report.packed > 10


def test_odd_labels_and_marks_are_read_back(packed):
    records = packed(TranscodeSpec(pass_through=True), device="cpu").records
    labels = [record.labels[0] for case, record in records if case.kind == "label of nan or inf"]
    assert np.isnan(labels[0])
    assert labels[1:] == [np.inf, -np.inf]
    [marked] = [record for case, record in records if case.kind == "label that is the mark of a record"]
    assert struct.pack("<f", marked.labels[0]) == struct.pack("<I", MAGIC)
    assert marked.labels[0] == MAGIC_LABEL
    [numbered] = [record for case, record in records if case.kind.startswith("index that is the mark")]
    assert numbered.header.index == numbered.key == MAGIC


def test_every_input_has_a_row_and_every_row_an_input(corpus):
    assert {case.kind for case in corpus.cases} | {NOT_AS_ROOT} == set(ROWS)
    if not os.geteuid():
        pytest.skip(f"root may read everything: {NOT_AS_ROOT!r} is not tried")
