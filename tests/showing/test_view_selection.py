"""Filters, orders and windows, against the same in plain Python."""

from __future__ import annotations

import math
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_im2rec.errors import RecordError
from gpu_im2rec.recordio import RecordWriter, pack_header
from gpu_im2rec.showing.catalog import Catalog
from gpu_im2rec.showing.class_names import label_text
from gpu_im2rec.showing.view.background import Background
from gpu_im2rec.showing.view.columns import Columns
from gpu_im2rec.showing.view.gallery import Gallery
from gpu_im2rec.showing.view.selection import ORDERS, Selections, Wanted

labels = st.sampled_from([0.0, 1.0, 2.0, -1.0, 0.1, math.nan, math.inf])
ids = st.sampled_from([0, 1, 2, 3, (1 << 53) + 1, (1 << 64) - 1])
# Lengths to both sides of what is read at once; one that is no image record, as its payload is short.
records = st.one_of(
    st.tuples(ids, labels, st.integers(0, 40) | st.integers(9000, 9002)), st.integers(0, 20).map(lambda n: (0, None, n))
)
wanted = st.builds(Wanted, st.sampled_from(ORDERS), st.none() | labels, st.none() | ids)


@settings(max_examples=60)
@given(st.lists(records, min_size=1, max_size=12), wanted, st.integers(0, 14), st.integers(0, 14))
def test_windows_of_a_selection(tmp_path_factory, some, want, start, count):
    rec = tmp_path_factory.mktemp("view") / "a.rec"
    with RecordWriter(rec) as writer:
        for number, (id_, label, size) in enumerate(some):
            header = b"" if label is None else pack_header(id_, [label], packed=False)
            writer.append(number + 1, header, b"x" * size)
    gallery = Gallery([rec])
    for _ in gallery.columns._steps():
        pass
    found = gallery.window(want, start, count)
    gallery.close()
    expected = _expected(some, want)
    assert found["total"] == len(expected)
    assert [row["number"] for row in found["records"]] == expected[start : start + count]
    for row in found["records"]:
        id_, label, size = some[row["number"]]
        assert row["bytes"] == 8 + (0 if label is None else 24) + size + -size % 4
        assert row.get("id") == (None if label is None else str(id_))
        assert row.get("label") == (None if label is None else f"{label:.7g}")


def _expected(some, want):
    numbers = [
        number
        for number, (id_, label, _) in enumerate(some)
        if (want.label is None or (label is not None and _equal(label, want.label)))
        and (want.id is None or (label is not None and id_ == want.id))
    ]
    sign = {"file": 0, "largest": -1, "smallest": 1}[want.order]
    return sorted(numbers, key=lambda number: sign * (_stored(*some[number][1:])))


def _stored(label, size):
    return (0 if label is None else 24) + size + -size % 4


def _equal(one, other):
    return one == other or (math.isnan(one) and math.isnan(other))


@pytest.fixture
def catalog(tmp_path):
    with RecordWriter(tmp_path / "a.rec") as writer:
        for number in range(5000):
            writer.append(number, pack_header(number, [float(number % 3)], packed=False), b"x" * (number % 50))
    found = Catalog(tmp_path / "a.rec")
    yield found
    found.close()


def test_what_is_found_while_labels_are_read_is_what_is_read_so_far(catalog):
    columns = Columns(catalog)
    selections = Selections(catalog, columns)
    assert len(selections.of(Wanted(label=1.0)).numbers) == 0
    steps = columns._steps()
    next(steps)
    numbers, read = selections.of(Wanted(label=1.0))
    assert 0 < read < 5000
    assert numbers.tolist() == list(range(1, read, 3))
    assert len(selections.of(Wanted("largest")).numbers) == 5000
    assert sum(columns.counts.values()) == read
    for _ in steps:
        pass
    assert selections.of(Wanted(label=1.0)).numbers.tolist() == list(range(1, 5000, 3))
    assert selections.of(Wanted(id=4321)).numbers.tolist() == [4321]
    assert columns.counts == {0.0: 1667, 1.0: 1667, 2.0: 1666}


def test_labels_are_counted_up_to_a_bound(catalog, monkeypatch):
    monkeypatch.setattr("gpu_im2rec.showing.view.columns._MOST_LABELS", 2)
    columns = Columns(catalog)
    for _ in columns._steps():
        pass
    assert columns.counts == {0.0: 1667, 1.0: 1667}
    assert not columns.counts_all


def test_nan_is_counted_as_one_label(tmp_path, monkeypatch):
    monkeypatch.setattr("gpu_im2rec.showing.view.columns._SLICE", 2)
    with RecordWriter(tmp_path / "a.rec") as writer:
        for number in range(5):
            writer.append(number, pack_header(number, [math.nan], packed=False), b"")
    columns = Columns(Catalog(tmp_path / "a.rec"))
    for _ in columns._steps():
        pass
    assert columns.counts == {math.nan: 5}


def test_glances_at_many_are_those_at_each(catalog):
    at_once, one_by_one = catalog.glance(3, 4000), catalog.glance_at(range(3, 4000))
    for name in ("fits", "ids", "labels", "counts", "sizes"):
        np.testing.assert_array_equal(getattr(at_once, name), getattr(one_by_one, name))
    assert len(catalog.glance(5000, 6000).ids) == 0
    assert catalog.glance(4990, 6000).ids.tolist() == list(range(4990, 5000))


def test_work_in_the_background():
    stop, steps = threading.Event(), []

    def endless():
        while True:
            steps.append(1)
            stop.wait(0.001)
            yield

    work = Background(endless)
    work.begin()
    work.begin()
    while not steps:
        stop.wait(0.001)
    work.close()
    done = len(steps)
    stop.wait(0.01)
    assert len(steps) == done
    assert not work.done


def test_what_goes_wrong_in_the_background_is_told():
    def broken():
        yield
        raise RecordError("the disk has gone")

    work = Background(broken)
    work.begin()
    work._thread.join()
    assert (work.done, work.problem) == (True, "the disk has gone")


@given(st.floats(width=32))
def test_a_label_s_text_is_the_label(label):
    assert np.float32(label_text(label)) == np.float32(label) or math.isnan(label)


@pytest.mark.parametrize(
    ("label", "text"), [(3.0, "3"), (np.float32(0.1).item(), "0.1"), (-0.0, "-0"), (1e30, "1e+30")]
)
def test_a_label_s_text_is_short(label, text):
    assert label_text(label) == text
