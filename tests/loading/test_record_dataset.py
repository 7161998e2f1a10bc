"""Records by number."""

from __future__ import annotations

import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from cpu_fallback.whole_picture import decode_rgb
from gpu_im2rec import RecordDataset, RecordReader
from gpu_im2rec.errors import RecordError
from gpu_im2rec.recordio import RecordWriter, pack_header


def test_pictures_and_labels_in_the_index_s_order(write_records, pictures):
    rec = write_records([7, 3, 11])
    index = rec.with_suffix(".idx")
    index.write_text("".join(reversed(index.read_text().splitlines(keepends=True))))
    dataset = RecordDataset(rec)
    assert len(dataset) == 3
    for position, number in enumerate([11, 3, 7]):
        for place in (position, position - 3, np.int64(position)):
            picture, label = dataset[place]
            assert np.array_equal(picture, decode_rgb(pictures[number]))
            assert (type(label), label) == (float, number % 5)
    assert [label for _, label in dataset] == [1, 3, 2]
    for beyond in (3, -4):
        with pytest.raises(IndexError):
            dataset[beyond]


def test_bytes(write_records, pictures):
    dataset = RecordDataset(write_records(range(30)), decode=False)
    assert dataset[25] == (pictures[2], 0)
    assert type(dataset[0][0]) is bytes
    assert dataset.read_many([4, 0]) == [dataset[4], dataset[0]]


def test_packed_labels_of_any_width(write_records):
    dataset = RecordDataset(write_records(range(1, 9), labels=lambda number: [number] * (number + 1)))
    for number in range(8):
        label = dataset[number][1]
        assert label.dtype == np.float32
        assert label.tolist() == [number + 1] * (number + 2)
        label[:] = 0  # it is the caller's own
        assert dataset[number][1].all()


def test_many_at_once_are_the_same_in_order_and_transformed_in_order(write_records):
    seen = []

    def transform(picture):
        seen.append(picture.shape)
        assert threading.current_thread() is threading.main_thread()
        return picture.mean()

    dataset = RecordDataset(write_records(range(20)), transform)
    positions = [5, 5, -1, 0, 19, *range(20)]
    alone = [dataset[position] for position in positions]
    order, seen[:] = list(seen), []
    assert dataset.read_many(iter(positions)) == alone
    assert seen == order
    assert dataset.read_many([]) == []


def test_several_files_are_one(write_records, tmp_path):
    shards = [write_records(range(start, start + 7), f"s-{start:02}.rec") for start in (0, 7, 14)]
    for path in (shards, str(tmp_path / "s-*.rec")):
        dataset = RecordDataset(path, decode=False)
        assert [dataset[position][1] for position in range(21)] == [number % 5 for number in range(21)]


def test_without_an_index_the_file_is_walked_through(write_records):
    indexed = RecordDataset(write_records(range(20), "a.rec"), decode=False)
    walked = RecordDataset(write_records(range(20), "b.rec", index=False), decode=False)
    assert list(indexed) == list(walked)


def test_a_record_that_the_index_lists_twice_comes_twice(write_records):
    rec = write_records(range(4))
    index = rec.with_suffix(".idx")
    index.write_text(index.read_text() * 2)
    assert len(RecordDataset(rec)) == len(RecordReader(rec)) == 8


@pytest.mark.parametrize("index", [True, False])
def test_of_insightface_s_layout_only_the_faces_count(write_faces, index):
    rec = write_faces(index=index)
    dataset = RecordDataset(rec)
    assert [label for _, label in dataset] == [0, 0, 1, 1, 2, 2, 3, 3, 4]


def test_bad_pictures_and_bad_records_are_named(tmp_path, pictures):
    rec = tmp_path / "bad.rec"
    with RecordWriter(rec) as writer:
        for content in (pictures[0], b"no picture", pictures[1]):
            second = writer.append(1, pack_header(1, [1], packed=False), content)
    dataset = RecordDataset(rec)
    for ask in (lambda: dataset[1], lambda: dataset.read_many([0, 1, 2])):
        with pytest.raises(RecordError, match=r"bad\.rec: offset \d+: not an image: .*verify"):
            ask()
    assert len(dataset.read_many([0, 2])) == 2
    data = bytearray(rec.read_bytes())
    data[second : second + 4] = b"oops"
    rec.write_bytes(data)
    with pytest.raises(RecordError, match=rf"bad\.rec: offset {second}: no head"):
        RecordDataset(rec)[2]


def test_a_pickled_dataset_holds_no_pictures(write_records):
    dataset = RecordDataset(write_records(range(23)))
    dataset.read_many([0])  # threads are running
    pickled = pickle.dumps(dataset)
    assert len(pickled) < 2000
    again = pickle.loads(pickled)
    assert all(map(np.array_equal, dataset[5], again[5]))


def labels_and_threads(dataset):
    """What a worker process sees."""
    items = dataset.read_many(range(10))
    return [label for _, label in items], threading.active_count()


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork")  # that is what is tried
def test_worker_processes_have_no_threads_of_their_own(write_records, method):
    dataset = RecordDataset(write_records(range(10)))
    expected = labels_and_threads(dataset)[0]
    with get_context(method).Pool(1) as pool:
        found, threads = pool.apply(labels_and_threads, (dataset,))
    assert found == expected
    assert threads <= 2  # the pool's own


def test_many_threads_share_a_dataset(write_records):
    dataset = RecordDataset(write_records(range(23)))
    expected = [label for _, label in dataset]
    with ThreadPoolExecutor(8) as pool:
        assert [item[1] for item in pool.map(dataset.__getitem__, list(range(23)) * 10)] == expected * 10
