"""What goes wrong around an iterator: interruptions, forks, odd indices, files and arguments."""

from __future__ import annotations

import copy
import errno
import json
import os
import pickle
import signal
import threading

import numpy as np
import pytest

from cpu_fallback.viewer import Viewer
from gpu_im2rec import ImageRecordIter, RecordDataset
from gpu_im2rec.errors import RecordError, UsageError
from gpu_im2rec.loading.shards import ShardFiles
from gpu_im2rec.recordio import RecordWriter, pack_header
from tests.cpu.fatal import wait_until
from tests.loading.test_image_record_iter import batches_of, ids


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers here")
def test_ctrl_c_while_threads_are_waited_for_loses_nothing(write_records, monkeypatch):
    view = Viewer.view
    viewed: list[object] = []
    viewing, struck = threading.Event(), threading.Event()

    def quickly(self, sample, row):
        viewed.append(sample)
        return view(self, sample, row)

    def slowly(self, sample, row):
        viewing.set()
        struck.wait(60)
        return view(self, sample, row)

    def strike(number, frame):
        struck.set()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Viewer, "view", quickly)
        batches = batches_of(write_records(range(40)))
        batches.next()
        assert wait_until(lambda: len(viewed) == 3 * batches.batch_size)  # two batches are ahead
        patch.setattr(Viewer, "view", slowly)
        batches.next()
        assert viewing.wait(60)
        before = signal.signal(signal.SIGALRM, strike)
        try:
            with pytest.raises(KeyboardInterrupt):
                signal.setitimer(signal.ITIMER_REAL, 0.2)
                batches.set_epoch(5)  # it waits for what is being viewed, and is interrupted
        finally:
            signal.signal(signal.SIGALRM, before)
    assert ids(batches) == list(range(40))
    assert batches.epoch == 6


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork")  # that is what is tried
def test_a_fork_in_mid_epoch_goes_on_by_itself(write_records):
    batches = batches_of(write_records(range(100)))
    batches.next()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        os.write(writing, json.dumps(ids(batches)).encode())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as file:
        found = json.loads(file.read() or "[]")
    os.waitpid(child, 0)
    assert found == ids(batches) == list(range(4, 100))


def test_an_index_that_lists_few_records_does_not_make_them_long(write_records, monkeypatch, tmp_path, pictures):
    rec = tmp_path / "large.rec"
    with RecordWriter(rec) as writer:
        for number in range(12):
            large = pictures[number] + bytes(1 << 20 if number != 6 else 5 << 20)
            writer.append(number, pack_header(number, [number], packed=False), large)
    index = rec.with_suffix(".idx")
    lines = index.read_text().splitlines(keepends=True)
    index.write_text(lines[0] + lines[6])
    read = []
    plain = ShardFiles.read

    def counted(self, start, size):
        content = plain(self, start, size)
        read.append(len(content))
        return content

    monkeypatch.setattr(ShardFiles, "read", counted)
    assert ids(batches_of(rec)) == [0, 6]
    assert max(read) < 6 << 20


@pytest.mark.parametrize("labels", [[3, 7], [2.5, 7], [float("nan"), 1], [0, 0], [7, 3]])
def test_a_record_of_two_labels_and_no_picture_hides_no_others(tmp_path, pictures, labels):
    rec = tmp_path / "odd.rec"
    with RecordWriter(rec) as writer:
        writer.append(0, pack_header(0, labels, packed=True), b"")
        for number in range(1, 20):
            writer.append(number, pack_header(number, [number, 1], packed=True), pictures[number])
    dataset = RecordDataset(rec)
    assert len(dataset) == 20
    assert dataset[5][1].tolist() == [5, 1]
    with pytest.raises(RecordError, match="empty"):
        dataset[0]


@pytest.mark.parametrize("kind", [RecordDataset, ImageRecordIter])
def test_files_that_cannot_be_opened(write_records, kind, monkeypatch):
    rec = write_records(range(3))

    def no_more(*_):
        raise OSError(errno.EMFILE, "Too many open files")

    def opened():
        return kind(rec) if kind is RecordDataset else batches_of(rec)

    with monkeypatch.context() as patch:
        patch.setattr("io.FileIO", no_more)
        with pytest.raises(RecordError, match=r"train\.rec: Too many open files; raise the limit"):
            opened()
    (rec.with_suffix(".idx")).unlink()
    (rec.with_suffix(".idx")).mkdir()
    with pytest.raises(RecordError, match=r"train\.idx: the index cannot be read"):
        opened()


def test_an_index_that_is_not_there(write_records, tmp_path):
    with pytest.raises(RecordError, match=r"no\.idx: the index cannot be read: No such file"):
        batches_of(write_records(range(3)), path_imgidx=tmp_path / "no.idx")


def test_a_disk_that_fails_is_named_once(write_records, monkeypatch):
    rec = write_records(range(8))

    def fail(*_):
        raise OSError(errno.EIO, "Input/output error")

    batches = batches_of(rec)
    monkeypatch.setattr(ShardFiles, "_read_some", fail)
    with pytest.raises(RecordError, match=rf"^{rec}: offset 0: Input/output error$"):
        batches.next()


def test_a_state_is_plain_whatever_numbers_were_given(write_records):
    batches = batches_of(
        write_records(range(20)),
        seed=np.int64(3),
        shuffle=np.bool_(True),
        batch_size=np.uint8(4),
        data_shape=np.array([3, 32, 40]),
        part_index=np.int32(0),
        dtype=np.uint8,
    )
    batches.set_epoch(np.int64(2))
    assert batches.next().data.shape == (4, 3, 32, 40)
    state = json.loads(json.dumps(batches.state_dict()))
    assert (state["epoch"], state["done"]) == (2, 4)
    for wrong in ({"done": -5}, {"epoch": -1}, {"done": None}, {"epoch": 0.5}):
        with pytest.raises(UsageError, match="numbers from 0"):
            batches.load_state_dict(state | wrong)
    del state["done"]
    with pytest.raises(UsageError, match="numbers from 0"):
        batches.load_state_dict(state)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["mean_r", "std_g", "scale"])
def test_normalisation_by_no_number(write_records, name, value):
    with pytest.raises(UsageError, match="finite"):
        batches_of(write_records(range(3)), **{name: value})


def test_an_iterator_is_not_copied(write_records):
    batches = batches_of(write_records(range(3)))
    for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="make one in each process"):
            duplicate(batches)


def test_a_dataset_outlives_a_change_of_folder(write_records, tmp_path, monkeypatch):
    write_records(range(3))
    monkeypatch.chdir(tmp_path)
    dataset = RecordDataset("train.rec", decode=False)
    pickled = pickle.dumps(dataset)
    monkeypatch.chdir("/")
    assert list(pickle.loads(pickled)) == list(dataset)
    for position in (slice(0, 2), None, 0.5):
        with pytest.raises(TypeError, match="integer"):
            dataset[position]


def test_a_kept_error_keeps_nothing_else(tmp_path, pictures):
    import threading

    rec = tmp_path / "bad.rec"
    with RecordWriter(rec) as writer:
        for number in range(40):
            writer.append(number, pack_header(number, [0], packed=False), b"bad" if number % 4 == 0 else pictures[3])
    batches = batches_of(rec)
    errors = []
    for _ in range(5):
        with pytest.raises(RecordError) as caught:
            batches.next()
        errors.append(caught.value)
    assert [one.name for one in threading.enumerate() if one.name.startswith(("load", "read"))] == []
