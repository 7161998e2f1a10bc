"""Batches: which records, in which order, with which labels; and what happens when something is wrong."""

from __future__ import annotations

import threading
from itertools import chain

import numpy as np
import pytest

from gpu_im2rec import ImageRecordIter
from gpu_im2rec.errors import DeviceError, ListError, RecordError, UsageError
from gpu_im2rec.recordio import RecordWriter, pack_header, read_index

SHAPE = (3, 48, 56)


def batches_of(rec, **options):
    return ImageRecordIter(**({"path_imgrec": rec, "data_shape": SHAPE, "batch_size": 4} | options))


def joined(lists):
    return list(chain.from_iterable(lists))


def ids(batches, *, pads=False):
    """The ids of one epoch, without those that fill the last batch."""
    found = []
    for batch in batches:
        found += batch.index[: None if pads else len(batch.index) - batch.pad].tolist()
    return found


def test_an_epoch_in_order(write_records):
    with batches_of(write_records(range(100, 110))) as batches:
        assert len(batches) == 3
        epoch = list(batches)
        assert [batch.pad for batch in epoch] == [0, 0, 2]
        assert [batch.index.tolist() for batch in epoch] == [
            [100, 101, 102, 103],
            [104, 105, 106, 107],
            [108, 109, 100, 101],
        ]
        for batch in epoch:
            assert batch.data.shape == (4, *SHAPE)
            assert batch.data.dtype == batch.label.dtype == np.float32
            assert batch.label.tolist() == [number % 5 for number in batch.index.tolist()]
        assert np.array_equal(epoch[2].data[2:], epoch[0].data[:2])
        assert batches.epoch == 1
        assert ids(batches) == list(range(100, 110))
        assert (batches.device, batches.note) == ("cpu", "on the CPU: no NVIDIA driver")


def test_without_round_batch_the_last_batch_is_short(write_records):
    epoch = list(batches_of(write_records(range(10)), round_batch=False))
    assert [(len(batch.data), len(batch.label), batch.pad) for batch in epoch] == [(4, 4, 0), (4, 4, 0), (2, 2, 0)]


def test_more_pictures_a_batch_than_there_are(write_records):
    (batch,) = batches_of(write_records(range(3)), batch_size=8)
    assert batch.index.tolist() == [0, 1, 2, 0, 1, 2, 0, 1]
    assert batch.pad == 5


@pytest.mark.parametrize("index", [True, False])
@pytest.mark.parametrize("parts", [1, 2, 3, 7])
@pytest.mark.parametrize("shuffle", [True, False])
def test_the_parts_hold_every_record_once(write_records, index, parts, shuffle):
    rec = write_records(range(40, 80), index=index)
    options = {"num_parts": parts, "shuffle": shuffle, "seed": 5}
    all_parts = [batches_of(rec, part_index=part, **options) for part in range(parts)]
    for _epoch in range(2):
        found = [ids(part) for part in all_parts]
        assert sorted(joined(found)) == list(range(40, 80))
        if not shuffle:
            assert joined(found) == list(range(40, 80))
    if index:
        assert len(set(map(len, all_parts))) == 1


def test_a_part_by_bytes_reads_its_own_bytes_alone(write_records, monkeypatch):
    rec = write_records(range(60), index=False)
    data = bytearray(rec.read_bytes())
    data[: len(data) // 3] = bytes(len(data) // 3)  # another part's
    rec.write_bytes(data)
    assert ids(batches_of(rec, part_index=2, num_parts=3))[-1] == 59
    with pytest.raises(RecordError, match="repair"):
        batches_of(rec, part_index=0, num_parts=3)


def test_a_record_in_several_parts_is_no_border(tmp_path, pictures):
    """Parts of a record, cut at magics, do not pass for records, wherever a share of the bytes begins."""
    rec = tmp_path / "magic.rec"
    magic = (0xCED7230A).to_bytes(4, "little")
    with RecordWriter(rec) as writer:
        for number in range(6):
            writer.append(number, pack_header(number, [1], packed=False), pictures[number] + magic * 40)
    rec.with_suffix(".idx").unlink()
    for parts in (2, 5):
        found = []
        for part in range(parts):
            try:
                found += ids(batches_of(rec, part_index=part, num_parts=parts))
            except RecordError as error:
                assert "no record begins" in str(error)
        assert found == list(range(6))


def test_a_shuffle_depends_on_seed_and_epoch_alone(write_records):
    rec = write_records(range(30))
    one = batches_of(rec, shuffle=True, seed=3)
    first, second = ids(one), ids(one)
    assert sorted(first) == sorted(second) == list(range(30))
    assert first != second
    other = batches_of(rec, shuffle=True, seed=3, batch_size=7, preprocess_threads=1)
    other.set_epoch(1)
    assert ids(other) == second
    assert ids(batches_of(rec, shuffle=True, seed=4)) != first


def test_augmentation_depends_on_seed_epoch_and_record_alone(write_records):
    rec = write_records(range(20))
    options = {"rand_crop": True, "rand_mirror": True, "seed": 9, "dtype": "uint8", "shuffle": True}

    def by_id(batches):
        return {number: row for batch in batches for number, row in zip(batch.index.tolist(), batch.data, strict=True)}

    alone = batches_of(rec, **options)
    first, second = by_id(alone), by_id(alone)
    assert all((first[number] != second[number]).any() for number in range(20))
    for rec_again in (rec, write_records(range(20), "walked.rec", index=False)):
        parts = [batches_of(rec_again, part_index=part, num_parts=2, batch_size=3, **options) for part in range(2)]
        again = by_id(parts[0]) | by_id(parts[1])
        assert all(np.array_equal(first[number], again[number]) for number in range(20))
    plain = by_id(batches_of(rec, dtype="uint8", rand_mirror=True))
    centred = by_id(batches_of(rec, dtype="uint8"))
    mirrored = [not np.array_equal(plain[number], centred[number]) for number in range(20)]
    assert all(np.array_equal(plain[number][..., ::-1], centred[number]) for number in range(20) if mirrored[number])
    assert 4 < sum(mirrored) < 16


def test_the_same_numbers_whatever_the_threads(write_records):
    rec = write_records(range(23))
    options = {"rand_crop": True, "resize": 60, "mean_r": 120, "std_g": 50}
    expected = [batch.data for batch in batches_of(rec, preprocess_threads=1, **options)]
    for threads in (2, 5):
        found = [batch.data for batch in batches_of(rec, preprocess_threads=threads, **options)]
        assert all(map(np.array_equal, expected, found))


def test_a_for_that_was_left_goes_on(write_records):
    batches = batches_of(write_records(range(12)))
    for batch in batches:
        assert batch.index[0] == 0
        break
    assert ids(batches) == list(range(4, 12))
    assert ids(batches) == list(range(12))


def test_ctrl_c_loses_nothing(write_records, monkeypatch):
    batches = batches_of(write_records(range(20)))
    batches.next()

    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("gpu_im2rec.loading.epochs.Batch", interrupt)
        with pytest.raises(KeyboardInterrupt):
            batches.next()
    assert ids(batches) == list(range(4, 20))


def test_reset_leaves_the_rest_and_never_skips_an_epoch(write_records):
    batches = batches_of(write_records(range(12)), shuffle=True)
    epochs = []
    for _ in range(3):
        batches.reset()
        epochs.append(ids(batches))
    batches = batches_of(write_records(range(12), "again.rec"), shuffle=True)
    assert [ids(batches) for _ in range(3)] == epochs
    batches.next()
    batches.reset()
    assert batches.epoch == 4


def test_a_state_goes_on_in_mid_epoch_with_another_batch_size(write_records):
    rec = write_records(range(30))
    options = {"shuffle": True, "rand_crop": True, "num_parts": 2, "part_index": 1}
    batches = batches_of(rec, **options)
    ids(batches)
    read = batches.next().index.tolist() + batches.next().index.tolist()
    state = batches.state_dict()
    rest = ids(batches)
    assert all(type(value) in (int, bool) for value in state.values())  # any format holds it

    later = batches_of(rec, batch_size=3, **options)
    later.load_state_dict(state)
    assert later.epoch == 1
    assert ids(later) == rest
    assert len(set(read + rest)) == 15
    assert ids(later) == ids(batches)


@pytest.mark.parametrize("other", [{"seed": 1}, {"shuffle": False}, {"num_parts": 1, "part_index": 0}])
def test_a_state_of_something_else_is_refused(write_records, other):
    options = {"shuffle": True, "num_parts": 2, "part_index": 1}
    state = batches_of(write_records(range(30)), **options).state_dict()
    with pytest.raises(UsageError, match="taken elsewhere"):
        batches_of(write_records(range(30), "same.rec"), **options | other).load_state_dict(state)
    with pytest.raises(UsageError, match="records was 30, and is 31"):
        batches_of(write_records(range(31), "longer.rec"), **options).load_state_dict(state)


def test_packed_labels(write_records):
    rec = write_records(range(6), labels=lambda number: [number, 0.5, -1, 2])
    batch = batches_of(rec, label_width=4).next()
    assert batch.label.tolist() == [[number, 0.5, -1, 2] for number in range(4)]
    with pytest.raises(RecordError, match=r"train\.rec: offset 0: id 0 has 4 label.*label_width=4"):
        batches_of(rec).next()


def test_labels_from_a_list_by_id(write_records, tmp_path):
    rec = write_records(range(6))
    many = tmp_path / "many.lst"
    many.write_text("".join(f"{number}\t{number}\t7\t{-number}\ta {number}.jpg\n" for number in range(9, -1, -1)))
    batch = batches_of(rec, path_imglist=many, label_width=3).next()
    assert batch.label.tolist() == [[number, 7, -number] for number in range(4)]
    with pytest.raises(ListError, match="label_width"):
        batches_of(rec, path_imglist=many)
    with pytest.raises(RecordError, match="give path_imglist"):
        batches_of(rec, label_width=3).next()


def test_an_id_that_the_list_lacks_is_named_in_its_place(write_records, tmp_path):
    rec = write_records([0, 1, 2, 3, 4, 77, 5, 6, 7])
    short = tmp_path / "short.lst"
    short.write_text("".join(f"{number}\t{number}\t{number}.jpg\n" for number in range(8)))
    batches = batches_of(rec, path_imglist=short, batch_size=2)
    assert batches.next().index.tolist() == [0, 1]
    assert batches.next().index.tolist() == [2, 3]
    with pytest.raises(RecordError, match=r"train\.rec: offset \d+: id 77 is not in .*short\.lst"):
        batches.next()
    assert ids(batches) == [5, 6, 7]


@pytest.mark.parametrize("content", ["", "nonsense\n", "1\tx\ta.jpg\n"])
def test_a_list_that_is_none(write_records, tmp_path, content):
    (tmp_path / "no.lst").write_text(content)
    with pytest.raises(ListError, match=r"no\.lst"):
        batches_of(write_records(range(3)), path_imglist=tmp_path / "no.lst")


@pytest.mark.parametrize("broken", [b"no picture", b"", b"\xff\xd8\xff\xe0 cut"])
def test_a_bad_picture_is_named_in_its_place_and_costs_its_batch(tmp_path, pictures, broken):
    rec = tmp_path / "bad.rec"
    with RecordWriter(rec) as writer:
        for number in range(12):
            content = broken if number in (5, 6) else pictures[number]
            writer.append(number, pack_header(number, [number], packed=False), content)
    batches = batches_of(rec)
    assert batches.next().index.tolist() == [0, 1, 2, 3]
    with pytest.raises(RecordError, match=r"bad\.rec: offset \d+: .*and 1 more in this batch.*verify"):
        batches.next()
    assert batches.next().index.tolist() == [8, 9, 10, 11]
    with pytest.raises(StopIteration):
        batches.next()
    assert batches.epoch == 1


def test_a_damaged_record_is_named_with_its_offset(write_records):
    rec = write_records(range(12))
    offset = int(read_index(rec.with_suffix(".idx")).offsets[5])
    data = bytearray(rec.read_bytes())
    data[offset : offset + 4] = b"oops"
    rec.write_bytes(data)
    batches = batches_of(rec)
    batches.next()
    with pytest.raises(RecordError, match=rf"train\.rec: offset {offset}: no head"):
        batches.next()
    assert ids(batches) == [8, 9, 10, 11]


def test_an_index_that_does_not_fit(write_records):
    rec = write_records(range(12))
    index = rec.with_suffix(".idx")
    index.write_text(index.read_text() + "99\t99999999999\n")
    with pytest.raises(RecordError, match=r"train\.idx.*beyond"):
        batches_of(rec)
    index.write_text("")
    with pytest.raises(RecordError, match="no records"):
        batches_of(rec)


def test_an_index_in_any_order_with_lines_twice_or_left_out(write_records):
    rec = write_records(range(12))
    index = rec.with_suffix(".idx")
    lines = index.read_text().splitlines(keepends=True)
    index.write_text("".join(reversed(lines[:5] + lines[7:] + lines[:3])))
    assert ids(batches_of(rec)) == [0, 1, 2, 3, 4, 7, 8, 9, 10, 11]
    index.write_text("".join([*lines, "50\t4\n"]))  # amidst the first record
    batches = batches_of(rec, batch_size=1)
    assert batches.next().index.tolist() == [0]
    with pytest.raises(RecordError, match="offset 4: no head"):
        batches.next()


def test_several_files_are_one(write_records, tmp_path):
    shards = [write_records(range(start, start + 7), f"shard-{start:02}.rec") for start in (0, 7, 14)]
    for given in (shards, str(tmp_path / "shard-*.rec"), tmp_path / "shard-*.rec"):
        assert ids(batches_of(given)) == list(range(21))
    found = [ids(batches_of(shards, num_parts=4, part_index=part, shuffle=True)) for part in range(4)]
    assert sorted(joined(found)) == list(range(21))

    joint, start = tmp_path / "joint.idx", 0
    with joint.open("w") as file:
        for shard in shards:
            index = read_index(shard.with_suffix(".idx"))
            file.writelines(
                f"{key}\t{offset + start}\n" for key, offset in zip(index.keys, index.offsets.tolist(), strict=True)
            )
            start += shard.stat().st_size
            shard.with_suffix(".idx").unlink()
    assert ids(batches_of(shards, path_imgidx=joint)) == list(range(21))
    by_bytes = [ids(batches_of(shards, num_parts=4, part_index=part)) for part in range(4)]
    assert joined(by_bytes) == list(range(21))
    with pytest.raises(UsageError, match="2 index files for 3"):
        batches_of(shards, path_imgidx=[joint, joint])


def test_files_some_of_which_have_an_index(write_records):
    shards = [write_records(range(5), "a.rec"), write_records(range(5, 9), "b.rec", index=False)]
    with pytest.raises(RecordError, match=r"b\.rec has no index.*gpu-im2rec index"):
        batches_of(shards)


def test_files_that_are_not_there(tmp_path):
    for missing, message in (("no.rec", "no such record file"), ("no*.rec", "no file matches")):
        with pytest.raises(RecordError, match=message):
            batches_of(tmp_path / missing)
    with pytest.raises(UsageError, match="empty"):
        batches_of([])
    (tmp_path / "empty.rec").write_bytes(b"")
    with pytest.raises(RecordError, match="no record"):
        batches_of(tmp_path / "empty.rec")


@pytest.mark.parametrize("index", [True, False])
def test_of_insightface_s_layout_only_the_faces_count(write_faces, index):
    rec = write_faces(index=index)
    epoch = list(batches_of(rec, round_batch=False))
    assert np.concatenate([batch.label for batch in epoch]).tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4]
    assert np.concatenate([batch.index for batch in epoch]).tolist() == list(range(1, 10))


@pytest.mark.parametrize(
    "options",
    [
        {"batch_size": 0},
        {"label_width": 0},
        {"preprocess_threads": 0},
        {"data_shape": (224, 224)},
        {"data_shape": (2, 224, 224)},
        {"data_shape": (3, 0, 224)},
        {"resize": -2},
        {"dtype": "float64"},
        {"layout": "CHW"},
        {"std_r": 0},
        {"dtype": "uint8", "mean_r": 120},
        {"dtype": "int8", "scale": 0.5},
        {"num_parts": 2, "part_index": 2},
        {"seed": -1},
        {"device": "tpu"},
    ],
)
def test_options_that_make_no_sense(write_records, options):
    with pytest.raises(UsageError):
        batches_of(write_records(range(5)), **options)


def test_a_gpu_that_is_not_there(write_records):
    with pytest.raises(DeviceError, match="no NVIDIA driver"):
        batches_of(write_records(range(5)), device="gpu")


def test_nothing_is_left_running(write_records):
    batches = batches_of(write_records(range(200)))
    batches.next()
    batches.close()
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith(("load", "read"))] == []
