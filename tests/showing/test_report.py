"""The page about a record file: its figures against plain counting, and the page itself in a browser."""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from datetime import UTC, datetime

import numpy as np
import pytest
from typer.testing import CliRunner

from gpu_im2rec.cli.app import app
from gpu_im2rec.errors import OutputExistsError, RecordError, UsageError
from gpu_im2rec.recordio import RecordWriter, iter_records, pack_header
from gpu_im2rec.recordio.insightface import FaceWriter
from gpu_im2rec.showing.report import contents as contents_module
from gpu_im2rec.showing.report import make_report, page_of
from gpu_im2rec.showing.report.contents import evenly
from gpu_im2rec.showing.report.run import run_of
from tests.conftest import encoded
from tests.showing.conftest import faults_of

HOSTILE = "<script>alert(1)</script>&\"'"


@pytest.fixture
def rec(tmp_path, photo):
    """60 records of 5 classes in three sizes, one of which is no picture."""
    pictures = [encoded(photo.resize(size), "jpeg") for size in ((48, 32), (32, 48), (96, 64))]
    rnd = random.Random(1)
    with RecordWriter(tmp_path / "out.rec") as writer:
        for index in range(60):
            content = b"no picture" if index == 59 else pictures[index % 3]
            writer.append(index, pack_header(100 + index, [min(rnd.randrange(9), 4)], packed=False), content)
    (tmp_path / "classes.txt").write_text(f"ant\nbee\n{HOSTILE}\nwasp\n")
    return tmp_path / "out.rec"


def said_of(rec, changes=None):
    """A run's report, as `pack` writes it."""
    said = {
        "format": 1,
        "rec": rec.name,
        "bytes": rec.stat().st_size,
        "finished": datetime(2026, 1, 2, 3, 4, tzinfo=UTC).isoformat(),
        "versions": {"gpu-im2rec": "0.1.0", "numpy": HOSTILE},
        "machine": {"system": "Linux", "processor": "a", "cores": 2, "memory": 1 << 30, "gpus": []},
        "options": {"list": HOSTILE, "resize": 64, "overwrite": True, "label_width": None},
        "result": {
            "packed": 60, "failed": 3, "reasons": {"truncated": 2, "missing": 1}, "rescued": {"PNG": 4}, "truncated": 1,
            "seconds": 2.0, "images_per_second": 30.0, "engine": "gpu", "bytes_in": 12345, "resumed_at": 7,
        },
        "stages": [
            {"name": name, "threads": 2, "busy_share": busy, "waited_share": waited, "busy_seconds": 1, "pictures": 60}
            for name, busy, waited in (("read", 0.9, 0.7), ("transcode", 0.4, 0.2), ("write", 0.1, 0.1))
        ],
        "bottleneck": {"stage": "read", "words": "reading bounds this run: try --read-threads 16"},
        "pace": [[0, 0], [1.0, 20], [2.0, 63]],
        "source_sizes": {"sampled": 60, "sizes": [[640, 480, 40], [300, 200, 20]]},
    }  # fmt: skip
    return said | (changes or {})


@pytest.fixture
def packed(rec):
    """The same, with what its run left."""
    rec.with_suffix(".report.json").write_text(json.dumps(said_of(rec)))
    failure = {"index": None, "path": None, "text": HOSTILE, "line": 9, "reason": "malformed line", "message": HOSTILE}
    rec.with_suffix(".failures.jsonl").write_text(f"{json.dumps(failure)}\n" * 3)
    return rec


def test_the_figures_are_those_of_plain_counting(rec):
    found = make_report(rec).contents
    records = list(iter_records(rec))
    assert found.records == 60
    assert found.labels == Counter(float(record.labels[0]) for record in records)
    assert found.ids == (100, 159)
    assert found.sizes.sum() == found.bytes == rec.stat().st_size
    assert found.formats == {"JPEG": 59, "unknown": 1}
    assert found.dimensions == {(48, 32): 20, (32, 48): 20, (96, 64): 19}
    assert found.label_widths == {1: 60}
    said = json.loads(json.dumps(found.to_dict()))
    assert said["smallest"] <= said["median"] <= said["largest"]
    assert dict(map(tuple, said["labels"])) == found.labels


def test_insightfaces_other_records_do_not_count(tmp_path, jpeg):
    with RecordWriter(tmp_path / "faces.rec") as writer:
        faces = FaceWriter(writer)
        for label in (0, 0, 1):
            faces.append(label, jpeg)
        faces.finish()
    assert make_report(tmp_path / "faces.rec").contents.labels == {0: 2, 1: 1}


def test_labels_of_any_kind(tmp_path, jpeg, monkeypatch):
    rec, page = tmp_path / "odd.rec", tmp_path / "odd.html"
    with RecordWriter(rec) as writer:
        for index, labels in enumerate([[0.5], [-1], [float("nan")], [float("nan")], [float("inf")], [2, 5, 0, 1]]):
            writer.append(index, pack_header(index, labels, packed=True), jpeg)
    found = make_report(rec, page).contents
    assert sorted(map(str, found.labels.elements())) == ["-1.0", "0.5", "2.0", "inf", "nan", "nan"]
    assert found.label_widths == {1: 5, 4: 1}
    assert "Only the first of each record is counted" in page.read_text()
    monkeypatch.setattr(contents_module, "_LABELS", 2)
    assert not make_report(rec).contents.labels_complete


def test_boxes_are_counted_by_object(tmp_path, jpeg):
    rec, page = tmp_path / "boxes.rec", tmp_path / "boxes.html"
    with RecordWriter(rec) as writer:
        for index, classes in enumerate([[0, 3], [3]]):
            objects = [number for each in classes for number in (each, 0.1, 0.1, 0.5, 0.5)]
            writer.append(index, pack_header(index, [2, 5, *objects], packed=True), jpeg)
    assert make_report(rec, page).contents.objects == {3: 2, 0: 1}
    assert "3 objects of 2 classes in 2 records" in page.read_text()


def test_what_cannot_be_read_is_counted(rec):
    data = bytearray(rec.read_bytes())
    second = next(record.offset for record in iter_records(rec) if record.offset)
    data[second] ^= 1  # its magic
    rec.write_bytes(data)
    page = page_of(rec)
    assert make_report(rec, page).contents.unreadable == 1
    assert "offset" in page.read_text()
    rec.with_suffix(".idx").unlink()
    with pytest.raises(RecordError, match="repair"):
        make_report(rec)


@pytest.mark.parametrize(("total", "most"), [(0, 5), (3, 5), (5, 5), (6, 5), (1000, 24)])
def test_a_sample_is_even(total, most):
    numbers = evenly(total, most)
    assert len(numbers) == min(total, most)
    assert numbers == sorted(set(numbers))
    assert all(0 <= number < total for number in numbers)
    gaps = np.diff(numbers)
    assert len(gaps) == 0 or gaps.max() - gaps.min() <= 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"bytes": 1}, "another file"),
        ({"rec": "x.rec"}, "another file"),
        ({"format": 2}, "another version"),
        ({"stages": [3]}, "not as"),
        ({"result": {}}, "not as"),
        ({"result": {"packed": "x"}}, "not as"),
        ({"pace": [[1]]}, "not as"),
        ({"pace": [[0, 5], [3, 4], [0, 9]]}, "not as"),
        ({"pace": [[0, 0], [math.inf, 9]]}, "not as"),
        ({"pace": [[0, 0], [1, 10**400]]}, "not as"),
        ({"bottleneck": {"words": [], "stage": {}}, "stages": [{}]}, "not as"),
        ({"source_sizes": {"sizes": [[-1, 1, 1]]}}, "not as"),
        ({"options": [["list", "a"]]}, "not as"),
        ({"machine": "x" * (4 << 20)}, "not as"),
    ],
)
def test_a_report_that_is_not_of_this_file_is_left_out(packed, change, why):
    packed.with_suffix(".report.json").write_text(json.dumps(said_of(packed, change)))
    run, note = run_of(packed, packed.stat().st_size)
    assert run is None
    assert why in note


@pytest.mark.parametrize("content", [b"", b"[1]", b"null", b"{", b"\xff", b"[" * 100_000])
def test_nor_one_that_is_none(packed, content):
    packed.with_suffix(".report.json").write_bytes(content)
    assert run_of(packed, packed.stat().st_size)[0] is None


def test_odd_values_do_no_harm(packed):
    deep = {}
    for _ in range(500):
        deep = {"x": deep}
    changes = {"versions": {}, "machine": {"memory": 10**400}, "options": {"deep": deep, "list": [deep]}}
    changes["pace"] = [[0, 0], [1e-320, 9], [2, 9]]
    packed.with_suffix(".report.json").write_text(json.dumps(said_of(packed, changes)))
    assert make_report(packed, page_of(packed)).run


def test_failures_are_shown_as_far_as_they_can_be_read(packed):
    with packed.with_suffix(".failures.jsonl").open("a") as file:
        file.write('{"index": 3, "pa')
    run, note = run_of(packed, packed.stat().st_size)
    assert (len(run.failures), note) == (3, "")


def test_a_page_never_replaces_the_records(rec, tmp_path):
    before = rec.read_bytes()
    (tmp_path / "link.html").symlink_to(rec)
    for page in (rec, tmp_path / "link.html"):
        with pytest.raises(UsageError, match="give the output another name"):
            make_report(rec, page, overwrite=True)
    assert rec.read_bytes() == before


def test_a_page_is_never_replaced_unasked(rec):
    make_report(rec, page_of(rec))
    first = page_of(rec).read_bytes()
    with pytest.raises(OutputExistsError):
        make_report(rec, page_of(rec))
    make_report(rec, page_of(rec), overwrite=True)
    assert page_of(rec).read_bytes() == first


@pytest.mark.parametrize("suffix", [".rec", ".idx"])
def test_nor_are_the_records(rec, suffix):
    content = rec.with_suffix(suffix).read_bytes()
    with pytest.raises(UsageError, match="would be overwritten by this very run"):
        make_report(rec, rec.with_suffix(suffix), overwrite=True)
    assert rec.with_suffix(suffix).read_bytes() == content


def test_in_a_browser(page, packed):
    make_report(packed, page_of(packed))
    page.goto(page_of(packed).as_uri())
    assert page.locator("h2").all_inner_texts() == [
        "Pictures", "Labels", "Widths and heights", "Bytes a record", "Speed", "Failures", "What failed",
        "How it was packed",
    ]  # fmt: skip
    pictures = page.locator(".pictures img")
    assert pictures.count() == 24
    assert all(pictures.evaluate_all("all => all.map(one => one.naturalWidth > 0)"))
    text = page.locator("body").inner_text()
    assert f"2 {HOSTILE}" in text, "a name is text, whatever it holds"
    assert "Reading bounds this run: try --read-threads 16." in text
    assert "3 of 63 pictures were not packed." in text
    assert "640x480 (40)" in text
    assert page.locator("polyline").count() == 1
    assert faults_of(page) == []
    page.emulate_media(color_scheme="dark")
    assert faults_of(page) == []


def test_on_a_phone_and_on_paper(page, packed):
    make_report(packed, page_of(packed))
    page.set_viewport_size({"width": 360, "height": 700})
    page.goto(page_of(packed).as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.pdf().startswith(b"%PDF")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_the_command(packed, tmp_path):
    done = CliRunner().invoke(app, ["report", str(packed)])
    assert done.exit_code == 0
    assert "out.report.html" in done.output
    assert CliRunner().invoke(app, ["report", str(packed)]).exit_code == 1
    told = CliRunner().invoke(app, ["report", str(packed), "--json"])
    assert json.loads(told.stdout)["records"] == 60
    assert json.loads(told.stdout)["page"] is None
